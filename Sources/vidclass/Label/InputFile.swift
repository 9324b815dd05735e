import FileStore
import Foundation

/// Small inputs that may come through a pipe.
enum InputFile {
  /// All bytes of the file at `path`, of standard input for `-`.
  static func bytes(of path: String) throws -> [UInt8] {
    if path == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
    // A list may be a pipe too: <(find …).
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO,
      let data = FileManager.default.contents(atPath: path)
    {
      return Array(data)
    }
    return try RegularFile.read(path)
  }
}
