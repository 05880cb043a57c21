//! The order of the contenders in each round.

/// The order of a round, as indices. A large process leaves fewer warm caches to the next one than
/// a small process does. So over the rounds each contender starts equally often, and, if their
/// number is prime, follows each of the others equally often.
pub(crate) fn turns(round: usize, count: usize) -> Vec<usize> {
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

    use super::turns;

    #[test]
    fn each_of_seven_follows_each_other_equally_often() {
        let mut after: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for round in 0..42 {
            for pair in turns(round, 7).windows(2) {
                *after.entry((pair[0], pair[1])).or_default() += 1;
            }
        }
        assert_eq!((after.len(), after.values().max()), (42, Some(&6)));
    }

    #[test]
    fn every_contender_has_one_turn_in_each_round() {
        for count in 0..9 {
            for round in 0..20 {
                let mut order = turns(round, count);
                order.sort_unstable();
                assert_eq!(order, (0..count).collect::<Vec<_>>());
            }
        }
    }
}
