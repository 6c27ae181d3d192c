//! Giving memory back: what was freed in large amounts goes to the system now, not when it happens to suit.
//!
//! glibc returns only what is free at the end of an arena. After a replay the large pages that waited are compressed one
//! by one, and the small compressed ones lie between them: of a million series, 240 samples each, 568 MiB of 853 were free
//! after it, none of them at an end. `malloc_trim` returns every whole page wherever it lies: 293 MiB stayed resident
//! instead of 676, as before the crash, and 89 MiB instead of some 450 once the samples were sealed.

#![allow(unsafe_code)]

/// Returns free memory to the system, as far as the allocator can.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number, locks the allocator itself, and touches nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    fn resident_kib() -> usize {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    #[test]
    fn what_is_free_between_blocks_in_use_is_given_back() {
        // Blocks too small to be mapped by themselves, of which every 64th stays.
        let mut blocks: Vec<Option<Vec<u8>>> = (0..100_000).map(|_| Some(vec![1; 1_024])).collect();
        for (index, block) in blocks.iter_mut().enumerate() {
            if index % 64 != 0 {
                *block = None;
            }
        }
        let before = resident_kib();
        give_back();
        let after = resident_kib();
        assert!(after + 60_000 < before, "{before} KiB, then {after}");
        assert_eq!(blocks.iter().flatten().count(), 100_000usize.div_ceil(64));
    }
}
