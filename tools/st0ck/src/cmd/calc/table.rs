//! A CSV table in memory: columns found by name, results appended.

/// A table as read.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads CSV text. An error names the line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| e.to_string())?;
        let header: Vec<String> = header.iter().map(|h| h.trim().to_owned()).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| e.to_string())?;
            rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect());
        }
        Ok(Self { header, rows })
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// Writes the table with result columns; a result column already there is overwritten.
    pub(super) fn with_results(
        mut self,
        names: &[&str],
        results: Vec<Vec<String>>,
    ) -> Result<String, String> {
        for (position, name) in names.iter().enumerate() {
            let column = self.column(name).unwrap_or(self.header.len());
            if column == self.header.len() {
                self.header.push((*name).to_owned());
            }
            for (row, result) in self.rows.iter_mut().zip(&results) {
                row.resize(row.len().max(column + 1), String::new());
                row[column].clone_from(&result[position]);
            }
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header).map_err(|e| e.to_string())?;
        for row in &self.rows {
            writer.write_record(row).map_err(|e| e.to_string())?;
        }
        let bytes = writer.into_inner().map_err(|e| e.to_string())?;
        String::from_utf8(bytes).map_err(|e| e.to_string())
    }
}
