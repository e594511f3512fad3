//! Sorting of some hundred numbers, in some hundred bytes of code: `sort_unstable` brings six thousand.

/// Sorts `keys`: Shell's sort (1959), with the gaps of Ciura (2001) up to 301; made for no more than a few thousand keys.
pub(crate) fn sort(keys: &mut [u64]) {
    for gap in [301, 132, 57, 23, 10, 4, 1] {
        for i in gap..keys.len() {
            let key = keys[i];
            let mut at = i;
            while at >= gap && keys[at - gap] > key {
                keys[at] = keys[at - gap];
                at -= gap;
            }
            keys[at] = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_as_the_standard_library_does() {
        let mut state = 1_u64;
        for length in (0..40).chain([256, 257, 301, 302, 303, 2000]) {
            for range in [1, 3, 1000, u64::MAX] {
                let next = |_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 8) % range
                };
                let mut keys: Vec<u64> = (0..length).map(next).collect();
                let mut sorted = keys.clone();
                sorted.sort_unstable();
                sort(&mut keys);
                assert_eq!(keys, sorted, "{length} keys below {range}");
            }
        }
    }
}
