//! Tables and numbers in Markdown.

use std::fmt;

pub(crate) struct Table {
    /// The titles of the columns.
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        Self { header: header.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: impl Into<Vec<String>>) {
        self.rows.push(row.into());
    }
}

/// Numbers are aligned to the right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write_row = |f: &mut fmt::Formatter<'_>, row: &[String]| writeln!(f, "| {} |", row.join(" | "));
        write_row(f, &self.header)?;
        let is_number = |column: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.any(|cell| cell.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit()))
        };
        let rules = (0..self.header.len()).map(|column| if is_number(column) { "--:" } else { "---" });
        writeln!(f, "|{}|", rules.collect::<Vec<_>>().join("|"))?;
        self.rows.iter().try_for_each(|row| write_row(f, row))?;
        writeln!(f)
    }
}

/// Formats a whole number with a comma before every three digits.
pub(crate) fn group_digits(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let follows_digit = text.ends_with(|before: char| before.is_ascii_digit());
        if follows_digit && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0.4, 999.0, 1000.0, 1_234_567.4].map(group_digits), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([-999.0, -1000.0].map(group_digits), ["-999", "-1,000"]);
    }

    #[test]
    fn a_table_aligns_numbers_to_the_right() {
        let mut table = Table::new(["name", "calls"]);
        table.push(["C", "–"].map(str::to_owned));
        table.push(["Rust", "1,234"].map(str::to_owned));
        assert_eq!(table.to_string(), "| name | calls |\n|---|--:|\n| C | – |\n| Rust | 1,234 |\n\n");
    }
}
