import Foundation
import TestSupport
import Testing

/// What `label` writes for other tools, corrected by hand, is what `train` learns from.
@Suite(.waitsForPrograms) struct CorrectionTests {
  private let scratch = ScratchFolder()

  /// The program in the scratch folder, so that paths are as seen from there.
  private func run(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments, folder: scratch.path)
  }

  /// Movies `videos/left 3.mp4` and so on, and a network that was never trained.
  private func prepare() throws {
    for folder in ["videos", "exports"] {
      try FileManager.default.createDirectory(
        atPath: scratch(folder), withIntermediateDirectories: true)
    }
    for label in ["left", "right"] {
      for (scene, take) in [("01", "01"), ("01", "02"), ("09", "01")] {
        try FileManager.default.copyItem(
          atPath: "\(Repository.path)/clips/\(label)/scene\(scene)_\(label)_\(take).mp4",
          toPath: scratch("videos/\(label) \(scene)-\(take).mp4"))
      }
    }
    try UntrainedModel.write(
      to: scratch("model.safetensors"), classes: ["cat", "dog"], clipSeconds: 60)
  }

  @Test(arguments: [
    ("boris", "exports/events.tsv"), ("elan", "exports/events.txt"),
    ("labelstudio", "exports/tasks.json"),
  ])
  func correctedLabelsTrain(format: String, name: String) throws {
    try prepare()
    let label = try run([
      "label", "videos", "-m", "model.safetensors", "-f", format, "-o", name,
    ])
    try #require(label.exitCode == 0, "\(label.errors)")
    let text = try String(contentsOfFile: scratch(name), encoding: .utf8)
    let corrected = try format == "labelstudio" ? correctedTasks(text) : correctedTable(text)

    // Where it was written, and moved beside the movies.
    for place in [name, "videos/" + name.split(separator: "/")[1]] {
      try corrected.write(toFile: scratch(place), atomically: false, encoding: .utf8)
      let train = try run([
        "train", place, "-o", "new.safetensors", "--epochs", "1", "--frames", "4", "--size", "16",
      ])
      try #require(train.exitCode == 0, "\(train.errors)")
      let clips = try String(contentsOfFile: scratch("new.run/clips.csv"), encoding: .utf8)
      let rows = clips.split(separator: "\n").dropFirst()
      #expect(rows.count == 6)
      for row in rows {
        #expect(row.contains(row.contains("left ") ? ",left," : ",right,"), "\(row)")
        #expect(row.contains("0.2") && row.contains("0.8"), "\(row)")
      }
      for file in ["new.safetensors", "new.run"] {
        try FileManager.default.removeItem(atPath: scratch(file))
      }
    }
  }

  /// Labels by the names of the movies, and from 0.2 s to 0.8 s, as a person would type it.
  private func correctedTable(_ text: String) throws -> String {
    let lines = text.split(separator: "\n").map { $0.components(separatedBy: "\t") }
    let header = try #require(lines.first)
    func column(_ names: String...) throws -> Int {
      try #require(header.firstIndex { names.contains($0) })
    }
    let (label, file) = (
      try column("Behavior", "Annotation"), try column("Media file name", "File")
    )
    let (start, end) = (
      try column("Start (s)", "Begin time"), try column("Stop (s)", "End time")
    )
    let isClock = header[start] == "Begin time"
    return lines.enumerated().map { number, line in
      var line = line
      if number > 0 {
        line[label] = line[file].contains("left") ? "left" : "right"
        line[start] = isClock ? "00:00:00.200" : "0.2"
        line[end] = isClock ? "00:00:00.800" : "0.8"
      }
      return line.joined(separator: "\t") + "\n"
    }.joined()
  }

  /// The same of Label Studio's tasks, in which what a person says becomes an annotation. What is on
  /// show from 0.2 s to 0.8 s are frames 7 to 24 of the first scene, which has 30 a second, and 4 to
  /// 12 of the other, which has 15.
  private func correctedTasks(_ text: String) throws -> String {
    let tasks = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    let corrected = try tasks.map { task in
      let data = try #require(task["data"] as? [String: String])
      let video = try #require(data["video"])
      let frames = video.contains("01-") ? ["start": 7, "end": 24] : ["start": 4, "end": 12]
      let value: [String: Any] = [
        "ranges": [frames], "timelinelabels": [video.contains("left") ? "left" : "right"],
      ]
      var task = task
      task["annotations"] = [["result": [["type": "timelinelabels", "value": value]]]]
      return task
    }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: corrected), as: UTF8.self)
  }
}
