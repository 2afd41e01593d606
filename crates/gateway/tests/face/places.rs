//! Checkpoints brought off the machine, and what they find out there.

use std::path::{Path, PathBuf};

use contract::{CheckpointPlaceRef, Code, LogQuery, Operators as _};
use evidence::SignedCheckpoint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::house::{House, text};

fn to(address: &str) -> CheckpointPlaceRef {
    CheckpointPlaceRef {
        address: address.to_owned(),
    }
}

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    (folder, path)
}

/// What lies there, smallest first.
fn checkpoints(folder: &Path) -> Vec<(PathBuf, SignedCheckpoint)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| SignedCheckpoint::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    files.iter().map(|path| (path.clone(), read(path))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_gets_the_newest_checkpoint_at_once_and_the_last_one_at_the_end() {
    let mut house = House::open().await;
    let (folder, path) = folder();
    let place = house.desk.checkpoint_place_add(to(&path)).await.unwrap();
    let there = checkpoints(folder.path());
    assert_eq!(there.len(), 1);
    assert_eq!(place.size, Some(there[0].1.claimed().size));
    assert_eq!(place.failure, None);

    let _answered = house.call(&[], &text()).await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let there = checkpoints(folder.path());
    assert!(there.len() >= 2);
    house.start().await;
    assert!(there.last().unwrap().1.claimed().size < house.log_size().await);
    let status = house.desk.status(contract::Empty {}).await.unwrap();
    assert!(
        there
            .iter()
            .all(|(_, note)| note.claimed().origin.to_string() == status.chain.origin)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_it_by_post_and_nothing_else() {
    let house = House::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/checkpoints", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains("\n\n\u{2014} ") {
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
        }
        let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(read).unwrap()
    });
    let place = house.desk.checkpoint_place_add(to(&address)).await.unwrap();
    assert_eq!(place.failure, None);
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /checkpoints HTTP/1.1"), "{asked}");
    let (head, note) = asked.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("authorization"));
    assert_eq!(
        SignedCheckpoint::parse(note).unwrap().claimed().size,
        place.size.unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_doesnt_arrive_is_shown_and_arrives_with_the_next() {
    let house = House::open().await;
    let (folder, path) = folder();
    house.desk.checkpoint_place_add(to(&path)).await.unwrap();
    let name = folder.path().to_owned();
    drop(folder);
    let _answered = house.call(&[], &text()).await;
    // Another place makes a checkpoint, which can't get to the first.
    let (_other, other) = self::folder();
    house.desk.checkpoint_place_add(to(&other)).await.unwrap();
    let places = house.desk.checkpoint_places(contract::Empty {}).await.unwrap().places;
    let first = places.iter().find(|place| place.address == path).unwrap();
    assert!(first.failure.as_ref().unwrap().contains("mounted"), "{first:?}");
    std::fs::create_dir(&name).unwrap();
    let (_third, third) = self::folder();
    house.desk.checkpoint_place_add(to(&third)).await.unwrap();
    let places = house.desk.checkpoint_places(contract::Empty {}).await.unwrap().places;
    let first = places.iter().find(|place| place.address == path).unwrap();
    assert_eq!(first.failure, None);
    let newest = checkpoints(&name).pop().unwrap().1.claimed().size;
    assert_eq!(first.size, Some(newest));
    std::fs::remove_dir_all(name).unwrap();
}

/// Two histories under one name: somebody rewrote the log after a checkpoint of it was published.
#[tokio::test(flavor = "multi_thread")]
async fn a_published_checkpoint_of_another_history_is_never_replaced_and_is_shown() {
    let house = House::open().await;
    let (folder, path) = folder();
    house.desk.checkpoint_place_add(to(&path)).await.unwrap();
    house.desk.checkpoint_place_remove(to(&path)).await.unwrap();
    // The next checkpoint covers the records of adding it again and of what comes before.
    let (file, note) = checkpoints(folder.path()).remove(0);
    let origin = note.claimed().origin.digest().to_string();
    let size = house.log_size().await + 1;
    let fork = format!("{}-{size:012}.checkpoint", &origin[..16]);
    std::fs::rename(&file, folder.path().join(fork)).unwrap();
    let place = house.desk.checkpoint_place_add(to(&path)).await.unwrap();
    assert!(
        place
            .failure
            .unwrap()
            .contains("another checkpoint of the same log and size")
    );
    assert_eq!(checkpoints(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_place_that_helps_nobody_is_refused() {
    let house = House::open().await;
    let inside = house.data_dir().join("checkpoints");
    std::fs::create_dir(&inside).unwrap();
    for (address, why) in [
        (inside.display().to_string(), "inside the gateway's own data"),
        ("relative/folder".to_owned(), "whole path"),
        ("/nowhere/at/all".to_owned(), "isn't a folder"),
        ("http://checkpoints.example/".to_owned(), "https://"),
        ("https://user:secret@checkpoints.example/".to_owned(), "user, password"),
    ] {
        let error = house.desk.checkpoint_place_add(to(&address)).await.unwrap_err();
        assert_eq!(error.code, Code::Invalid);
        assert!(error.message.contains(why), "{}", error.message);
    }
    let before = house.log_size().await;
    let (_folder, path) = folder();
    house.desk.checkpoint_place_add(to(&path)).await.unwrap();
    let again = house.desk.checkpoint_place_add(to(&path)).await.unwrap_err();
    assert_eq!(again.code, Code::Conflict);
    house.desk.checkpoint_place_remove(to(&path)).await.unwrap();
    let gone = house.desk.checkpoint_place_remove(to(&path)).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
    assert_eq!(house.log_size().await, before + 2, "adding and removing are records");
    let newest = house
        .desk
        .log(LogQuery {
            limit: 2,
            ..LogQuery::default()
        })
        .await
        .unwrap();
    assert!(newest.rows.iter().all(|row| row.class_uid == 3004));
}
