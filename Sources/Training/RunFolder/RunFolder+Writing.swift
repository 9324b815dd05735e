import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles

extension RunFolder {
  /// Writes `split.csv`: which clip was on which side.
  func write(_ division: DatasetSplit) throws {
    try AtomicFile.write(division.csvLines.joined(separator: "\n") + "\n", to: split)
  }

  /// Writes `report.html` of a training.
  func write(_ report: EvaluationReport) throws {
    let title = "Training of \(PathText.name(of: model))"
    try ReportPage(report, title: title).write(to: self.report)
  }

  /// Removes what an earlier training of the same name left for TensorBoard.
  func removeEvents() {
    for name in Folder.names(path) ?? [] where name.hasPrefix("events.out.tfevents.") {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  /// Removes the training on all clips that followed an earlier one of the same name.
  func removeRefit() {
    for path in [part(RunFolder.refit).path, validated] {
      try? FileManager.default.removeItem(atPath: path)
    }
  }

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
          "\(PathText.display(model)): \(what); name a file such as models/mine.safetensors"
        )
      }
      // A slip of the pen must not cost a movie or a manifest.
      guard status.st_size == 0 || (try? SafeTensorsFile(model)) != nil else {
        throw TrainingError(
          .output,
          "\(PathText.display(model)): exists and is not a model; choose another name, or remove it"
        )
      }
    }
    let folder = PathText.folder(of: model)
    try Folder.create(folder)
    guard access(folder, W_OK) == 0 else {
      throw TrainingError(
        .output,
        "\(PathText.display(folder)): cannot be written (\(String(cString: strerror(errno)))); "
          + "change its permissions or choose another place")
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
