import FileStore

/// Rows in columns as wide as their widest cell, two spaces apart; names that would break a line or
/// colour the terminal are shown by their codes.
package struct TextTable {
  package let lines: [String]

  /// - Parameter rightAligned: columns, from 0; the others are left-aligned.
  package init(_ rows: [[String]], rightAligned: Set<Int>) {
    let rows = rows.map { $0.map(PathText.display) }
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    lines = rows.map { row in
      var line = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? padding + cell : cell + padding
      }.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
