extension RegularFile {
  /// Whether two regular files hold the same bytes; read only as far as they agree.
  public static func haveSameContent(
    _ one: String, _ other: String
  ) throws(FileStoreError) -> Bool {
    let size = 1 << 18
    var first = try FileReader(one)
    var second = try FileReader(other)
    guard first.size == second.size else { return false }
    while true {
      let piece = try first.read(size)
      if try piece != second.read(size) { return false }
      if piece.count < size { return true }
    }
  }
}
