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
    guard let start, start.isEmpty || isONNX(start) else {
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

  /// An ONNX file begins with the version of its format, a small number, and goes on with the field of
  /// a producer, a domain, a graph or the like. (In a safetensors file six zeros follow a length.)
  private static func isONNX(_ start: [UInt8]) -> Bool {
    let fields: Set<UInt8> = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72]
    return start.count == 3 && start[0] == 0x08 && start[1] < 32 && fields.contains(start[2])
  }

  private static func start(of path: String) -> [UInt8]? {
    guard var reader = try? FileReader(path) else { return nil }
    return try? reader.read(3)
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func refusal(_ path: String, _ what: String) -> ModelFileError {
    ModelFileError(.file, path: path, "\(what); give -o another name, or remove it")
  }
}
