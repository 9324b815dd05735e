import ClipSampling
import FileStore
import Foundation

/// A TensorBoard event file, appended to as training goes.
final class EventFile {
  private let handle: FileHandle
  private let path: String

  /// - Parameter resumedAt: the step a checkpoint was resumed at; nil for a new training.
  init(folder: String, resumedAt: Int?) throws {
    let now = Date().timeIntervalSince1970
    let host = ProcessInfo.processInfo.hostName.map { character in
      character.isASCII && (character.isLetter || character.isNumber || "-.".contains(character))
        ? character : "_"
    }
    let name = "\(folder)/events.out.tfevents.\(Int(clamping: now)).\(String(host))"
    var path = name
    var number = 1
    while FileManager.default.fileExists(atPath: path) {
      path = "\(name).\(number)"
      number += 1
    }
    self.path = path
    try AtomicFile.write(TensorBoardEvents.fileVersion(time: now), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw TrainingError(.output, "\(PathText.display(path)): cannot be written")
    }
    self.handle = handle
    if let resumedAt { try append(TensorBoardEvents.resumed(time: now, step: resumedAt + 1)) }
  }

  func append(_ values: [(name: String, value: Double)], step: Int) throws {
    try append(
      TensorBoardEvents.scalars(values, time: Date().timeIntervalSince1970, step: step))
  }

  private func append(_ record: [UInt8]) throws {
    do {
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(record))
    } catch {
      throw TrainingError(
        .output,
        "\(PathText.display(path)): cannot be written; free some space and continue with `resume`",
        underlying: error)
    }
  }

  deinit { try? handle.close() }
}
