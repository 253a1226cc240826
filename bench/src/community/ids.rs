//! The ids of a generated community: UUIDv7 like those of the server, but computed from a number, so that a measure
//! can name anybody without asking.

use uuid::Uuid;

use super::random::mixed;

/// Midnight of 2024-07-01 UTC, when the community begins. It ends before anything that a measure writes.
const BEGIN_MS: u64 = 1_719_792_000_000;
const YEAR_MS: u64 = 365 * 24 * 3_600 * 1_000;

/// All people have ids of one millisecond, so that SQL can compute an id from a number with little work; see
/// `sql/hydrated_feed.sql`.
const PERSON: u128 = 0x018f_0000_0000_7000_8000_0000_0000_0000;

pub fn person(number: u32) -> Uuid {
    Uuid::from_u128(PERSON | u128::from(number))
}

/// When the `number`th of `count` things happened, in microseconds; evenly over the year.
pub fn moment(number: u32, count: u32) -> i64 {
    let step = YEAR_MS * u64::from(number) / u64::from(count.max(1));
    ((BEGIN_MS + step) * 1_000) as i64
}

/// The id of the `number`th of `count` things of one kind. In the order of numbers.
pub fn thing(kind: u64, number: u32, count: u32) -> Uuid {
    let ms = (moment(number, count) / 1_000) as u128;
    let low = u128::from(mixed(kind << 32 | u64::from(number)) >> 2);
    Uuid::from_u128(ms << 80 | 7 << 76 | u128::from(number & 0xfff) << 64 | 2 << 62 | low)
}

pub const POST: u64 = 1;
pub const CHANNEL: u64 = 2;
pub const CONVERSATION: u64 = 3;
pub const MESSAGE: u64 = 4;
pub const SESSION: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_in_the_order_of_numbers() {
        let posts: Vec<Uuid> = (0..5_000).map(|number| thing(POST, number, 1_000_000)).collect();
        assert!(posts.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(posts.iter().chain([&person(7)]).all(|id| id.get_version_num() == 7));
        assert_eq!(person(0xabc).to_string(), "018f0000-0000-7000-8000-000000000abc");
    }
}
