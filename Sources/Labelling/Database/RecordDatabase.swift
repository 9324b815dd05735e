internal import CSQLite
import FileStore

/// Records as an SQLite database: tables `movies`, `segments`, `scores`, `failures` and `warnings`.
///
/// It is made anew each time: in one transaction, in a temporary file that then takes its place.
public enum RecordDatabase {
  /// `vdcl`: SQLite keeps such a number in the head of a file for the program it belongs to.
  private static let application = 0x7664_636C

  private static let schema = """
    CREATE TABLE movies (
      id INTEGER PRIMARY KEY,
      path TEXT NOT NULL,
      path_bytes BLOB,
      status TEXT NOT NULL CHECK (status IN ('ok', 'partial', 'error')),
      label TEXT,
      score REAL,
      duration REAL,
      fps REAL,
      frames INTEGER,
      timecode TEXT,
      decoded_until REAL,
      model TEXT,
      settings TEXT,
      size INTEGER NOT NULL,
      mtime REAL NOT NULL
    );
    CREATE TABLE segments (
      movie INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      "start" REAL NOT NULL,
      "end" REAL NOT NULL,
      label TEXT NOT NULL,
      score REAL NOT NULL,
      PRIMARY KEY (movie, number)
    ) WITHOUT ROWID;
    CREATE TABLE scores (
      movie INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      label TEXT NOT NULL,
      score REAL NOT NULL,
      PRIMARY KEY (movie, number)
    ) WITHOUT ROWID;
    CREATE TABLE failures (
      movie INTEGER PRIMARY KEY REFERENCES movies (id) ON DELETE CASCADE,
      code TEXT NOT NULL,
      message TEXT NOT NULL
    );
    CREATE TABLE warnings (
      movie INTEGER NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (movie, number)
    ) WITHOUT ROWID;
    """

  /// Made last: an index is quicker to make than to keep.
  private static let indices = """
    CREATE INDEX movies_path ON movies (path);
    CREATE INDEX movies_label ON movies (label, score);
    CREATE INDEX segments_label ON segments (label, score);
    CREATE INDEX scores_label ON scores (label, score);
    CREATE INDEX failures_code ON failures (code);
    """

  /// SQLite's version.
  public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

  /// Writes `records` as the whole database at `path`.
  ///
  /// - Throws: `LabelError` where there is something that this program did not write, or that SQLite
  ///   refuses; `FileStoreError` where the file cannot be written.
  public static func write(_ records: [LabelRecord], to path: String) throws {
    try requireOurs(path)
    try AtomicFile.write(to: path) { temporary in
      let database = try SQLiteDatabase(temporary)
      // What is interrupted is thrown away, so that nothing has to be undone or flushed before.
      try database.run(
        """
        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;
        PRAGMA application_id = \(application); PRAGMA user_version = 1;
        BEGIN;
        """)
      try database.run(schema)
      try insert(records, into: database)
      try database.run(indices)
      try database.run("COMMIT;")
    }
  }

  /// Refuses to replace what is not such a database.
  ///
  /// - Throws: `LabelError` with code `output`.
  public static func requireOurs(_ path: String) throws(LabelError) {
    guard let identity = FileIdentity(MediaPath(path)), identity.kind == .file, identity.size > 0
    else { return }
    var head: [UInt8] = []
    do throws(FileStoreError) {
      var reader = try FileReader(path)
      head = try reader.read(100)
    } catch {
      throw LabelError(.output, error.description, cause: error)
    }
    let mark = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: application >> $0) }
    guard head.count == 100, head.starts(with: Array("SQLite format 3\0".utf8)),
      Array(head[68..<72]) == mark
    else {
      throw LabelError(
        .output,
        "\(path): is there already, and no database of vidclass; move it away or choose another place"
      )
    }
  }

  private static func insert(
    _ records: [LabelRecord], into database: borrowing SQLiteDatabase
  ) throws(LabelError) {
    func marks(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ", ") }
    let movie = try database.statement("INSERT INTO movies VALUES (\(marks(15)))")
    let segment = try database.statement("INSERT INTO segments VALUES (\(marks(6)))")
    let score = try database.statement("INSERT INTO scores VALUES (\(marks(4)))")
    let failure = try database.statement("INSERT INTO failures VALUES (\(marks(3)))")
    let warning = try database.statement("INSERT INTO warnings VALUES (\(marks(3)))")
    for (index, record) in records.enumerated() {
      let id = SQLiteValue.integer(Int64(index + 1))
      func rounded(_ value: Double?, _ places: Int) -> SQLiteValue {
        SQLiteValue(value.map { Decimal.rounded($0, places) })
      }
      try database.run(
        movie, id, .text(record.path.text), record.path.isText ? .null : .blob(record.path.bytes),
        .text(record.status.rawValue), SQLiteValue(record.label), rounded(record.score, 6),
        rounded(record.duration, 3), rounded(record.framesPerSecond, 3), SQLiteValue(record.frames),
        SQLiteValue(record.timecode), rounded(record.decodedUntil, 3), SQLiteValue(record.model),
        SQLiteValue(record.settings), .integer(record.size), rounded(record.modified, 3))
      for (number, entry) in record.segments.enumerated() {
        try database.run(
          segment, id, SQLiteValue(number + 1), rounded(entry.start, 3), rounded(entry.end, 3),
          .text(entry.label), rounded(entry.score, 6))
      }
      for (number, entry) in record.scores.enumerated() {
        try database.run(
          score, id, SQLiteValue(number + 1), .text(entry.label), rounded(entry.score, 6))
      }
      if let reason = record.failure {
        try database.run(failure, id, .text(reason.code), .text(reason.message))
      }
      for (number, message) in record.warnings.enumerated() {
        try database.run(warning, id, SQLiteValue(number + 1), .text(message))
      }
    }
  }
}
