//! Where things stand in a drawing of 24 hours: percents across, pixels down.

/// A drawing's height, in CSS pixels.
pub(super) const HEIGHT: f64 = 96.0;
/// An hour's width.
pub(super) const HOUR: f64 = 100.0 / 24.0;
/// The shortest and the longest time that is drawn, µs. Each tenfold is as tall as the next.
const SHORTEST: f64 = 100.0;
const LONGEST: f64 = 100_000_000.0;

/// Percents from the left, of a place within an hour.
pub(super) fn across(hour: usize, within: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "24 hours")]
    let at = (hour as f64 + within) * HOUR;
    format!("{at:.3}%")
}

/// How tall a number stands, of the greatest. What isn't nothing can be seen.
pub(super) fn tall(number: u64, greatest: u64) -> f64 {
    if number == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "drawn, to a pixel")]
    let share = number as f64 / greatest.max(1) as f64;
    (share * HEIGHT).clamp(2.0, HEIGHT)
}

/// How far down a time stands.
pub(super) fn down(us: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "drawn, to a pixel")]
    let us = (us as f64).clamp(SHORTEST, LONGEST);
    let share = (us / SHORTEST).log10() / (LONGEST / SHORTEST).log10();
    HEIGHT - 4.0 - share * (HEIGHT - 8.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_height_and_a_little_can_be_seen() {
        assert!(tall(0, 9) <= 0.0 && tall(1, 1_000_000) >= 2.0);
        assert!((tall(9, 9) - HEIGHT).abs() < 1e-9);
        assert!(tall(9, 1) <= HEIGHT, "never out of the drawing");
    }

    #[test]
    fn longer_times_stand_higher_and_all_of_them_within() {
        let times = [0, 100, 1_000, 50_000, 2_000_000, u64::MAX];
        assert!(
            times
                .windows(2)
                .all(|two| matches!(two, [a, b] if down(*a) >= down(*b)))
        );
        assert!(times.iter().all(|us| (0.0..=HEIGHT).contains(&down(*us))));
    }
}
