import FileStore
import Foundation

/// Label Studio's JSON export: tasks with a movie and the ranges of frames that people labelled on
/// its timeline, or one choice for the whole movie.
///
/// Frames count from 1 at the movie's own rate. Of a task that nobody has annotated, the predictions
/// count: what `label` wrote.
enum LabelStudioTasks {
  private static let mostBytes = 1 << 28
  private static let bounds = JSONBounds(depth: 64, values: 1 << 22, string: 1 << 20)

  static func read(path: String) throws(DatasetError) -> FoundClips {
    let bytes: [UInt8]
    do throws(FileStoreError) {
      bytes = try RegularFile.read(path, maximumBytes: mostBytes)
    } catch {
      throw DatasetError(file: error)
    }
    // Foundation would also take UTF-16, in which the bounds would not be seen.
    let flaw = bytes.contains(0) ? "is not UTF-8 text" : bounds.flaw(in: bytes)
    if let flaw { throw DatasetError(.format, path: path, "\(flaw); is it the right file?") }
    guard let tasks = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]],
      tasks.contains(where: { $0["data"] is [String: Any] })
    else {
      throw DatasetError(
        .format, path: path,
        "not a Label Studio export; expected a JSON list of tasks, each with data and annotations "
          + "(export as JSON, not JSON-MIN), or a CSV manifest")
    }
    var list = IntervalList(path: path)
    for (number, task) in tasks.enumerated() {
      let values = (task["data"] as? [String: Any]) ?? [:]
      let texts = values.compactMapValues { $0 as? String }
      guard let url = texts["video"] ?? texts.values.first else { continue }
      for result in results(of: task) {
        try add(result, of: movie(url), task: number + 1, in: path, to: &list)
      }
    }
    return list.finish()
  }

  private static func results(of task: [String: Any]) -> [[String: Any]] {
    func all(_ key: String) -> [[String: Any]] {
      ((task[key] as? [[String: Any]]) ?? []).filter { ($0["was_cancelled"] as? Bool) != true }
    }
    let answers = all("annotations").isEmpty ? all("predictions") : all("annotations")
    return (answers.last?["result"] as? [[String: Any]]) ?? []
  }

  private static func add(
    _ result: [String: Any], of movie: String, task: Int, in path: String,
    to list: inout IntervalList
  ) throws(DatasetError) {
    guard let value = result["value"] as? [String: Any] else { return }
    if let label = (value["choices"] as? [String])?.first {
      try list.add(movie, label: label, start: nil, end: nil, line: task)
      return
    }
    guard let label = (value["timelinelabels"] as? [String])?.first else { return }
    guard let rate = try list.rate(of: movie, line: task) else {
      // Without the movie there is no clip; the list says that it is missing.
      try list.add(movie, label: label, start: nil, end: nil, line: task)
      return
    }
    for range in (value["ranges"] as? [[String: Any]]) ?? [] {
      guard let first = (range["start"] as? NSNumber)?.doubleValue,
        let last = (range["end"] as? NSNumber)?.doubleValue
      else {
        let shown = ["start", "end"].map { range[$0].map { "\($0)".prefix(40) } ?? "nothing" }
        throw DatasetError(
          .format, path: path,
          "task \(task): \"\(label)\" lasts from \(shown[0]) to \(shown[1]); expected numbers of frames, "
            + "such as 1 and 25")
      }
      try list.add(
        movie, label: label, start: max(0, first - 1) / rate, end: last / rate, line: task)
    }
  }

  /// The path in `/data/local-files/?d=a%20b.mp4` or `/data/upload/3/1a2b3c4d-a.mp4`.
  private static func movie(_ url: String) -> String {
    var text = url
    if let query = text.range(of: "?d=") { text = String(text[query.upperBound...]) }
    text = text.removingPercentEncoding ?? text
    if text.hasPrefix("/data/upload/") {
      let name = PathText.name(of: text)
      let parts = name.split(separator: "-", maxSplits: 1)
      let isMark = parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
      text = isMark ? String(parts[1]) : name
    }
    return text
  }
}
