//! Numbers that look random and are the same on every machine and with every version of every library.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// 0 up to, but not, 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0 up to, but not, `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u32
    }
}

/// Bits of `number` spread over all of a word.
pub fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Chooses rank 0, 1, 2 … with a weight of `(rank + 1) ^ -exponent`.
pub struct Zipf(Vec<f64>);

impl Zipf {
    pub fn new(count: u32, exponent: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += f64::from(rank).powf(-exponent);
            sum
        });
        Self(sums.collect())
    }

    pub fn draw(&self, random: &mut Random) -> u32 {
        let at = random.share() * self.0.last().copied().unwrap_or(0.0);
        (self.0.partition_point(|sum| *sum <= at) as u32).min(self.0.len().saturating_sub(1) as u32)
    }

    /// `total` shared out by weight, at least one for each rank.
    pub fn split(&self, total: u32) -> Vec<u32> {
        let (count, sum) = (self.0.len() as u32, self.0.last().copied().unwrap_or(1.0));
        let spare = f64::from(total.saturating_sub(count));
        let upto = |rank: usize| (spare * if rank == 0 { 0.0 } else { self.0[rank - 1] } / sum).round() as u32;
        (0..count as usize).map(|rank| 1 + upto(rank + 1) - upto(rank)).collect()
    }
}

/// A fixed shuffle of the numbers below `count`, so that who is popular does not depend on who came first.
#[derive(Clone, Copy)]
pub struct Shuffle {
    count: u64,
    factor: u64,
}

impl Shuffle {
    pub fn new(count: u32) -> Self {
        let count = u64::from(count.max(1));
        let coprime = |factor: &u64| gcd(*factor, count) == 1;
        // Near the golden section, so that neighbours end up far from each other.
        let factor = ((count as f64 * 0.618) as u64..).find(|factor| *factor > 0 && coprime(factor)).unwrap_or(1);
        Self { count, factor }
    }

    pub fn of(self, number: u32) -> u32 {
        ((u64::from(number) * self.factor + self.factor / 2) % self.count) as u32
    }
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_first_ranks_are_drawn_as_often_as_their_weight_says() {
        let (zipf, mut random) = (Zipf::new(1_000, 1.0), Random::new(1));
        let mut drawn = [0_u32; 1_000];
        for _ in 0..100_000 {
            drawn[zipf.draw(&mut random) as usize] += 1;
        }
        let harmonic: f64 = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).sum();
        for rank in [0, 1, 9] {
            let expected = 100_000.0 / harmonic / (rank as f64 + 1.0);
            assert!((f64::from(drawn[rank]) - expected).abs() < expected * 0.1, "{rank}: {}", drawn[rank]);
        }
    }

    #[test]
    fn a_split_gives_out_everything_and_something_to_everybody() {
        let parts = Zipf::new(1_000, 0.8).split(50_000);
        assert_eq!(parts.iter().sum::<u32>(), 50_000);
        assert!(parts.iter().all(|part| *part >= 1) && parts[0] > 20 * parts[999]);
    }

    #[test]
    fn a_shuffle_keeps_each_number_once() {
        for count in [1, 2, 10, 1_000, 99_999] {
            let shuffle = Shuffle::new(count);
            assert_eq!((0..count).map(|number| shuffle.of(number)).collect::<HashSet<_>>().len(), count as usize);
        }
    }
}
