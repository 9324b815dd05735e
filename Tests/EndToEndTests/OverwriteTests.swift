import Foundation
import TestSupport
import Testing

/// A slip in the name of an output costs no movie, no model and no list.
@Suite(.waitsForPrograms) struct OverwriteTests {
  private let scratch = ScratchFolder()

  /// `MODEL`, `MOVIE`, `LIST`, `PREDICTIONS`, `RECORDS`, `THRESHOLDS` and `PAGE` stand for such files.
  @Test(arguments: [
    ("eval CLIPS -m MODEL --report MOVIE", "MOVIE", "not a page of vidclass"),
    ("eval CLIPS -m MODEL --report PAGE", "PAGE", "not a page of vidclass"),
    ("eval CLIPS -m MODEL --predictions MODEL", "MODEL", "is what is read here"),
    ("eval --from PREDICTIONS --report PREDICTIONS", "PREDICTIONS", "is what is read here"),
    (
      "eval --from PREDICTIONS --cost missed=1 --thresholds-out PREDICTIONS", "PREDICTIONS",
      "is what is read here"
    ),
    ("merge RECORDS -f csv -o MOVIE", "MOVIE", "not a text of vidclass"),
    ("merge RECORDS -f csv -o MODEL", "MODEL", "not a text of vidclass"),
    ("label MOVIE -m MODEL --thresholds THRESHOLDS -o THRESHOLDS", "THRESHOLDS", "is what is read"),
    ("label --files-from LIST -m MODEL -f csv -o LIST", "LIST", "is what is read here"),
    ("label MOVIE -m MODEL -o RECORDS --report PAGE", "PAGE", "not a page of vidclass"),
    ("check MOVIE --fix-list MODEL.csv", "MODEL.csv", "not a text of vidclass"),
  ]) func nothingElseIsWrittenOver(command: String, victim: String, says: String) throws {
    let movie = Repository.path + "/clips/left/scene01_left_01.mp4"
    try UntrainedModel.write(to: scratch("MODEL"), classes: ["left", "right"])
    try FileManager.default.copyItem(atPath: scratch("MODEL"), toPath: scratch("MODEL.csv"))
    try FileManager.default.copyItem(atPath: movie, toPath: scratch("MOVIE"))
    let texts = [
      "LIST": scratch("MOVIE") + "\n", "PREDICTIONS": "filepath,label,a,b\nx,a,0.7,0.3\n",
      "PAGE.html": "<!DOCTYPE html><p>mine", "THRESHOLDS": "{\"thresholds\": {\"left\": 0.5}}",
      "RECORDS": "",
    ]
    for (name, text) in texts {
      try text.write(toFile: scratch(name), atomically: true, encoding: .utf8)
    }
    let places = ["CLIPS": Repository.path + "/clips", "PAGE": scratch("PAGE.html")]
    func place(_ word: String) -> String {
      let isFile = word.first?.isUppercase == true
      return places[word] ?? (isFile ? scratch(word) : word)
    }
    let file = URL(fileURLWithPath: place(victim))
    let before = try Data(contentsOf: file)
    let arguments = command.split(separator: " ").map { place(String($0)) }
    let run = try ProgramRun("vidclass", arguments)
    #expect(run.exitCode == 1, "\(run.errors)")
    #expect(run.errors.contains(says) && run.errors.contains(file.path), "\(run.errors)")
    #expect(try Data(contentsOf: file) == before)
  }

  @Test func whatVidclassWroteIsWrittenAnew() throws {
    let predictions = scratch("p.csv")
    try "filepath,label,a,b\nx,a,0.7,0.3\ny,b,0.2,0.8\n".write(
      toFile: predictions, atomically: true, encoding: .utf8)
    for _ in 1...2 {
      let run = try ProgramRun(
        "vidclass",
        [
          "eval", "--from", predictions, "--report", scratch("r.html"), "--predictions",
          scratch("again.csv"), "--cost", "missed=1", "--thresholds-out", scratch("t.json"),
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
    }
  }
}
