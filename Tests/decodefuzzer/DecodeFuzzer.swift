import DecodeTrials
import Foundation

/// Runs untrusted inputs through the decoder; `make fuzz` and `make stress` build it. With libFuzzer
/// the program begins in libFuzzer's own `main` instead.
#if !FUZZING
  @main
#endif
enum DecodeFuzzer {
  private static let usage = """
    usage: decodefuzzer KIND FILE...     reads each file as movies, images, models, onnx, weights
                                         or networks, to look into findings
           decodefuzzer stress FOLDER    cuts and flips the videos of make-videos.sh
           decodefuzzer make-model FILE  writes a small model to begin with
    """

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "stress" where arguments.count == 2:
      let scratch = makeScratch()
      let isSound = Stress(videos: arguments[1], folder: scratch).run()
      try? FileManager.default.removeItem(atPath: scratch)
      exit(isSound ? 0 : 1)
    case "make-model" where arguments.count == 2:
      do { try SeedModel.write(to: arguments[1]) } catch { fail("\(error)", code: 74) }
    case let name?:
      guard let kind = Trial.Kind(rawValue: name) else { fallthrough }
      read(arguments.dropFirst(), as: kind)
    default: fail(usage, code: 64)
    }
  }

  private static func read(_ paths: ArraySlice<String>, as kind: Trial.Kind) {
    let scratch = makeScratch()
    let trial = Trial(kind, folder: scratch)
    for path in paths {
      guard let bytes = FileManager.default.contents(atPath: path) else {
        fail("\(path) cannot be read", code: 66)
      }
      print("\(path): \(trial.run([UInt8](bytes)))")
    }
    try? FileManager.default.removeItem(atPath: scratch)
  }

  /// A folder that is left behind only when a promise was broken.
  static func makeScratch() -> String {
    let path = NSTemporaryDirectory() + "decodefuzzer-\(getpid())"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      fail("\(path) cannot be made: \(error.localizedDescription)", code: 74)
    }
    return path
  }

  static func fail(_ message: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(code)
  }
}
