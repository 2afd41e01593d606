#![allow(clippy::all, clippy::pedantic, warnings)]
#[path = "../tests/log/fixture.rs"]
mod fixture;
use fixture::*;
use std::sync::Arc;
use std::time::Instant;
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0
}
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let path = std::path::PathBuf::from(dir);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    let place = Place::at(&path);
    let ledger = Arc::new(place.create());
    // place cost
    {
        use ledger::Recordable;
        let e = Decided::plain(AGENTS[0], 1);
        let t = Instant::now();
        for _ in 0..20000 {
            std::hint::black_box(e.entry());
        }
        println!("build entry {:?}", t.elapsed() / 20000);
    }
    let mut base = 0u64;
    for full in [false] {
        for callers in [64u64] {
            let per = if callers == 1 { 2000 } else { 40_000 / callers };
            base += 1_000_000;
            let t = Instant::now();
            let c0 = cpu();
            let tasks: Vec<_> = (0..callers)
                .map(|n| {
                    let ledger = Arc::clone(&ledger);
                    tokio::spawn(async move {
                        let mut lat = Vec::new();
                        for m in 0..per {
                            let i = base + n * 10_000 + m;
                            let s = Instant::now();
                            let d = if full {
                                Decided::full(AGENTS[(n % 2) as usize], i)
                            } else {
                                Decided::plain(AGENTS[(n % 2) as usize], i)
                            };
                            let _ = ledger.append(d).await.unwrap();
                            lat.push(s.elapsed());
                        }
                        lat
                    })
                })
                .collect();
            let mut lat = Vec::new();
            for t in tasks {
                lat.extend(t.await.unwrap());
            }
            let el = t.elapsed();
            lat.sort();
            println!(
                "full={full} c={callers}: {:.0}/s p50 {:?} p99 {:?} max {:?} cpu/rec {:.1}us",
                lat.len() as f64 / el.as_secs_f64(),
                lat[lat.len() / 2],
                lat[lat.len() * 99 / 100],
                lat[lat.len() - 1],
                (cpu() - c0) / lat.len() as f64 * 1e6
            );
        }
    }
    let t = Instant::now();
    let c = std::sync::atomic::AtomicBool::new(false);
    let o = ledger.verify(|_, _| {}, &c);
    println!("verify {o:?} {:?}", t.elapsed());
    let c1 = cpu();
    ledger.close().await.unwrap();
    drop(ledger);
    let t = Instant::now();
    let l = place.open().unwrap();
    println!(
        "open {} {:?} cpu {:.2}s file {}",
        l.size(),
        t.elapsed(),
        cpu() - c1,
        std::fs::metadata(path.join("log.sqlite")).unwrap().len()
    );
}
