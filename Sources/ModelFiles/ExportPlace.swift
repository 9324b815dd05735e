import FileStore
import Glibc

/// Where an export may be written: a slip of the pen must not cost a model or a movie.
enum ExportPlace {
  /// Throws unless the path is free, empty, or holds an ONNX file that is to be replaced.
  static func requireONNX(_ path: String) throws(ModelFileError) {
    if Folder.exists(path) { throw refusal(path, "is a folder") }
    guard exists(path) else { return }
    guard RegularFile.exists(path) else { throw refusal(path, "is not a regular file") }
    let start = start(of: path)
    // An ONNX file begins with the version of its format, a small number.
    guard let start, start.isEmpty || start.count == 2 && start[0] == 0x08 && start[1] < 32 else {
      throw refusal(path, "exists and is not an ONNX file")
    }
  }

  /// Throws unless the folder is free, or has none of a module's files but those of an export.
  static func requireModule(_ folder: String) throws(ModelFileError) {
    guard exists(folder) else { return }
    guard Folder.exists(folder) else { throw refusal(folder, "exists and is not a folder") }
    let names = ["model.safetensors", "model.py", "preprocess.json"]
    guard names.contains(where: { exists(PathText.join(folder, $0)) }) else { return }
    let module = try? RegularFile.readText(PathText.join(folder, "model.py"), maximumBytes: 1 << 20)
    guard let module, module.contains(PyTorchModule.mark) else {
      throw refusal(folder, "holds \(names.joined(separator: ", ")) of something else")
    }
  }

  private static func start(of path: String) -> [UInt8]? {
    guard var reader = try? FileReader(path) else { return nil }
    return try? reader.read(2)
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func refusal(_ path: String, _ what: String) -> ModelFileError {
    ModelFileError(.file, path: path, "\(what); give -o another name, or remove it")
  }
}
