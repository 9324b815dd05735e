import CSQLite
import FileStore
import Foundation
import TestSupport
import Testing

@testable import Labelling

/// Records as a database, read back by SQLite itself.
@Suite struct RecordDatabaseTests {
  private let scratch = ScratchFolder()

  /// Each row that a query gives, its values joined by bars.
  private func rows(_ sql: String, in path: String) throws -> [String] {
    var database: OpaquePointer?
    try #require(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK)
    defer { sqlite3_close_v2(database) }
    var statement: OpaquePointer?
    try #require(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK)
    defer { sqlite3_finalize(statement) }
    var rows: [String] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      let values = (0..<sqlite3_column_count(statement)).map { column in
        sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "NULL"
      }
      rows.append(values.joined(separator: "|"))
    }
    return rows
  }

  @Test func recordsAreRows() throws {
    let path = scratch("labels.sqlite")
    var odd = Example.walk
    odd.path = MediaPath(bytes: [0x61, 0xFF])
    odd.status = .partial
    odd.decodedUntil = 3.25
    odd.segments = []
    odd.timecode = "01:00:00:00"
    odd.warnings = ["damaged", ""]
    try RecordDatabase.write(Example.both + [odd], to: path)
    #expect(
      try rows(
        "SELECT id, path, hex(path_bytes), status, label, score, timecode, mtime FROM movies",
        in: path)
        == [
          "1|a.mp4||ok|walk|0.93|NULL|1760000000.123",
          "2|b, \"x\".mp4||error|NULL|NULL|NULL|0.0",
          "3|a\u{FFFD}|61FF|partial|walk|0.93|01:00:00:00|1760000000.123",
        ])
    #expect(
      try rows("SELECT * FROM segments", in: path)
        == ["1|1|0.0|7.2|walk|0.95", "1|2|7.2|12.48|run|0.812346"])
    #expect(
      try rows("SELECT movie, label, score FROM scores WHERE movie = 3", in: path)
        == ["3|run|0.07", "3|walk|0.93"])
    #expect(try rows("SELECT * FROM failures", in: path) == ["2|FORMAT|b, \"x\".mp4: not a video"])
    #expect(try rows("SELECT * FROM warnings", in: path) == ["3|1|damaged", "3|2|"])
    #expect(try rows("PRAGMA foreign_key_check", in: path).isEmpty)
    #expect(try rows("PRAGMA integrity_check", in: path) == ["ok"])
    #expect(try rows("PRAGMA foreign_key_list(segments)", in: path).count == 1)
    let plan = try rows("EXPLAIN QUERY PLAN SELECT * FROM segments WHERE label = 'run'", in: path)
    #expect(plan.joined().contains("segments_label"))
  }

  @Test func onlyOwnDatabasesAreReplaced() throws {
    let path = scratch("labels.sqlite")
    try RecordDatabase.write(Example.both, to: path)
    try RecordDatabase.write([Example.walk], to: path)
    #expect(try rows("SELECT count(*) FROM movies", in: path) == ["1"])
    #expect(scratch.names == ["labels.sqlite"])

    let others = scratch("others.sqlite")
    var database: OpaquePointer?
    #expect(sqlite3_open(others, &database) == SQLITE_OK)
    #expect(sqlite3_exec(database, "CREATE TABLE precious (a)", nil, nil, nil) == SQLITE_OK)
    sqlite3_close_v2(database)
    let text = scratch("text.sqlite")
    try "notes".write(toFile: text, atomically: true, encoding: .utf8)
    for path in [others, text, scratch.path, "/dev/null"] {
      let before = FileManager.default.contents(atPath: path)
      #expect(throws: (any Error).self) { try RecordDatabase.write([Example.walk], to: path) }
      #expect(FileManager.default.contents(atPath: path) == before)
    }
    #expect(scratch.names == ["labels.sqlite", "others.sqlite", "text.sqlite"])
  }
}
