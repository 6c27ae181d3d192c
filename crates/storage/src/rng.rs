//! Random numbers from a seed, so that what chance did once can be done again.

use std::hash::{BuildHasher, RandomState};

/// A small generator (splitmix64): fast and reproducible, not for secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The generator that always tells the same story for the same seed.
    pub fn from_seed(seed: u64) -> Rng {
        Rng(seed)
    }

    /// A generator that nobody can foresee.
    #[allow(clippy::disallowed_methods, reason = "this is the seam")]
    pub fn from_system() -> Rng {
        // The standard library seeds its hashers from the system's entropy.
        Rng(RandomState::new().hash_one(0x9e37_79b9_u32))
    }

    /// Any number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True once in `of` times, on average.
    pub fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let story = |seed| {
            let mut rng = Rng::from_seed(seed);
            (0..8).map(|_| rng.below(100)).collect::<Vec<_>>()
        };
        assert_eq!(story(7), story(7));
        assert_ne!(story(7), story(8));
        assert!(story(7).iter().all(|&number| number < 100));
    }
}
