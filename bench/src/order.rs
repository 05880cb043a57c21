//! Whose turn it is.

/// The order of a round. Over the rounds everybody begins as often, and, where their number is a
/// prime, comes as often after each of the others: a large process leaves fewer caches warm than a
/// small one.
pub(crate) fn order(round: usize, count: usize) -> Vec<usize> {
    let strides: Vec<usize> =
        (1..count.max(2)).filter(|stride| common_divisor(*stride, count) == 1).collect();
    let stride = strides.get(round % strides.len()).copied().unwrap_or(1);
    (0..count).map(|turn| (round + turn * stride) % count).collect()
}

fn common_divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::order;

    #[test]
    fn each_of_seven_comes_as_often_after_each_other() {
        let mut after: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for round in 0..42 {
            for pair in order(round, 7).windows(2) {
                *after.entry((pair[0], pair[1])).or_default() += 1;
            }
        }
        assert_eq!((after.len(), after.values().max()), (42, Some(&6)));
    }

    #[test]
    fn everybody_has_a_turn_in_each_round() {
        for count in 0..9 {
            for round in 0..20 {
                let mut turns = order(round, count);
                turns.sort_unstable();
                assert_eq!(turns, (0..count).collect::<Vec<_>>());
            }
        }
    }
}
