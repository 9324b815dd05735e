internal import CSQLite

/// Owns an open SQLite database; closed at the end of its life.
struct SQLiteDatabase: ~Copyable {
  private let handle: OpaquePointer
  private let path: String

  /// Opens a file that is there.
  init(_ path: String) throws(LabelError) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let opened else {
      let message = String(cString: sqlite3_errstr(code))
      // Also what could not be opened has something to be freed.
      sqlite3_close_v2(opened)
      throw LabelError(.output, "\(path): cannot be opened as a database (\(message))")
    }
    handle = opened
    self.path = path
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that give nothing back.
  func run(_ sql: String) throws(LabelError) {
    if sqlite3_exec(handle, sql, nil, nil, nil) != SQLITE_OK { throw failure() }
  }

  /// Prepares one statement, to be run with different values.
  func statement(_ sql: String) throws(LabelError) -> SQLiteStatement {
    var prepared: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK, let prepared else {
      throw failure()
    }
    return SQLiteStatement(prepared)
  }

  /// Runs a prepared statement with these values in their order.
  func run(_ statement: borrowing SQLiteStatement, _ values: SQLiteValue...) throws(LabelError) {
    guard statement.run(values) else { throw failure() }
  }

  /// SQLite's own words for what went wrong last.
  private func failure() -> LabelError {
    LabelError(.output, "\(path): cannot be written (\(String(cString: sqlite3_errmsg(handle))))")
  }
}

/// What a column can hold.
enum SQLiteValue {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  init(_ real: Double?) { self = real.map { .real($0) } ?? .null }
  init(_ integer: Int?) { self = integer.map { .integer(Int64($0)) } ?? .null }
}

/// Owns a prepared statement; finished at the end of its life, which is before its database's.
struct SQLiteStatement: ~Copyable {
  private let handle: OpaquePointer

  fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { sqlite3_finalize(handle) }

  fileprivate func run(_ values: [SQLiteValue]) -> Bool {
    precondition(values.count == Int(sqlite3_bind_parameter_count(handle)))
    for (index, value) in values.enumerated() {
      guard bind(value, at: Int32(index + 1)) == SQLITE_OK else { return false }
    }
    let isDone = sqlite3_step(handle) == SQLITE_DONE
    return sqlite3_reset(handle) == SQLITE_OK && isDone
  }

  private func bind(_ value: SQLiteValue, at index: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(handle, index)
    case .integer(let number): return sqlite3_bind_int64(handle, index, number)
    case .real(let number): return sqlite3_bind_double(handle, index, number)
    case .text(let text):
      var text = text
      return text.withUTF8 { bytes in
        guard let count = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
        let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        // No address would be no text at all.
        return count == 0
          ? vc_sqlite_bind_text(handle, index, "", 0)
          : vc_sqlite_bind_text(handle, index, start, count)
      }
    case .blob(let bytes):
      guard let count = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
      return vc_sqlite_bind_blob(handle, index, bytes, count)
    }
  }
}
