import ClipSampling
import FileStore
import Foundation
import ModelFiles

/// The folder beside a model that tells how it was trained: `models/clips.run` for
/// `models/clips.safetensors`.
public struct RunFolder: Sendable {
  /// The model file.
  public let model: String
  public let path: String

  public init(model: String) {
    self.model = model
    let suffix = ".safetensors"
    let stem = model.hasSuffix(suffix) ? String(model.dropLast(suffix.count)) : model
    path = stem + ".run"
  }

  /// The folder inside of a training that belongs to this one, such as a fold; it leaves no model.
  public func part(_ name: String) -> RunFolder {
    RunFolder(model: path + "/" + name + ".safetensors")
  }

  /// The name of a fold's part; folds count from 1.
  public static func fold(_ number: Int) -> String { "fold-\(number)" }

  public var checkpoint: String { path + "/checkpoint.safetensors" }
  public var metrics: String { path + "/metrics.csv" }
  public var split: String { path + "/split.csv" }
  public var predictions: String { path + "/predictions.csv" }
  public var report: String { path + "/report.html" }

  /// Removes what an earlier training of the same name left for TensorBoard.
  func removeEvents() {
    for name in Folder.names(path) ?? [] where name.hasPrefix("events.out.tfevents.") {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  public var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: checkpoint) }

  /// Keeps every other process from training into this folder, which would mix two trainings.
  ///
  /// - Returns: the lock; it ends with its life, or with the process however that ends.
  public func lock() throws -> FolderLock { try FolderLock(path) }

  /// Makes the model's folder, and refuses to put the model in the place of something else.
  public func prepareModel() throws {
    var status = stat()
    if stat(model, &status) == 0 {
      let kind = status.st_mode & S_IFMT
      guard kind == S_IFREG else {
        let what = kind == S_IFDIR ? "is a folder" : "is a device, not a file"
        throw TrainingError(
          .output,
          "\(PathText.display(model)): \(what); give -o the name of a file such as models/mine.safetensors"
        )
      }
      // A slip of the pen must not cost a movie or a manifest.
      guard status.st_size == 0 || (try? SafeTensors(reading: model)) != nil else {
        throw TrainingError(
          .output,
          "\(PathText.display(model)): exists and is not a model; give -o another name, or remove it"
        )
      }
    }
    let folder = PathText.folder(of: model)
    try Folder.create(folder)
    guard access(folder, W_OK) == 0 else {
      throw TrainingError(
        .output,
        "\(PathText.display(folder)): cannot be written (\(String(cString: strerror(errno)))); "
          + "change its permissions or choose another place with -o")
    }
  }

  /// Makes the folder and proves that both it and the model's folder can be written, so that hours
  /// of work do not end in an error.
  public func prepare() throws {
    try prepareModel()
    try Folder.create(path)
    // A real write notices what permissions do not tell, such as a full disk.
    let probe = path + "/.probe"
    try AtomicFile.write([UInt8](repeating: 0, count: 4096), to: probe)
    try? FileManager.default.removeItem(atPath: probe)
  }
}

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
        "\(PathText.display(path)): cannot be written; free some space and continue with --resume",
        underlying: error)
    }
  }

  deinit { try? handle.close() }
}
