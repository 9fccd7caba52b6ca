//! A curve in one line of text.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws `values` in at most `width` characters, lowest to highest.
pub(crate) fn sparkline(values: &[i128], width: usize) -> String {
    let (Some(&low), Some(&high)) = (values.iter().min(), values.iter().max()) else {
        return String::new();
    };
    let span = (high - low).max(1);
    let columns = values.len().min(width);
    (0..columns)
        .map(|column| {
            // The last value of each column's share, so the line ends where the session ended.
            let value = values[(column + 1) * values.len() / columns - 1];
            let level = (value - low) * (BLOCKS.len() as i128 - 1) / span;
            BLOCKS[usize::try_from(level).unwrap_or(0)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_from_low_to_high_and_ends_at_the_end() {
        assert_eq!(sparkline(&[0, 1, 2, 3, 4, 5, 6, 7], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[5, 5, 5], 10), "▁▁▁");
        assert_eq!(sparkline(&(0..1000).collect::<Vec<_>>(), 4).chars().last(), Some('█'));
        assert_eq!(sparkline(&[], 10), "");
    }
}
