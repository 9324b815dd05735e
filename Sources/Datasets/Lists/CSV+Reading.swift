extension CSV {
  /// Calls `body` with the fields of every record and the 1-based line on which it begins; empty
  /// lines are left out. Memory does not grow with the file.
  public static func forEachRecord(
    path: String, _ body: (_ fields: [String], _ line: Int) throws -> Void
  ) throws {
    var reader = try CSVReader(path: path)
    while let record = try reader.next() { try body(record.fields, record.line) }
  }
}
