import FileStore
import Foundation
import Tensors
import VideoDecoding

/// Where a report is from: the command, the versions and the machine.
public enum ReportOrigin {
  /// Names and values, for people.
  ///
  /// - Parameters:
  ///   - threads: that took part.
  ///   - hashes: of what was used, such as the model.
  public static func facts(
    version: String, threads: Int, hashes: [(name: String, value: String)] = []
  ) -> [(name: String, value: String)] {
    let process = ProcessInfo.processInfo
    return [
      ("command", process.arguments.map(quoted).joined(separator: " ")),
      ("version", "vidclass \(version), FFmpeg \(MediaVersions.ffmpeg)"),
    ] + hashes + [
      (
        "processor",
        "\(processor ?? "unknown"): \(process.activeProcessorCount) cores, \(threads) threads used, "
          + "\(InstructionSet.name) kernels"
      ),
      ("memory", "\((process.physicalMemory + 1 << 29) >> 30) GiB"),
      ("system", process.operatingSystemVersionString),
    ]
  }

  private static var processor: String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
  }

  /// As a shell would have to be given it; the program by its name alone.
  static func quoted(_ argument: String) -> String {
    let plain = argument.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
        || "-_./=,:@%+".unicodeScalars.contains($0)
    }
    if plain && !argument.isEmpty { return argument }
    return "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
