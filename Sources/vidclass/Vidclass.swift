import ArgumentParser

/// The command line: a file per subcommand, no logic of its own.
///
/// ``Program`` is the entry point; `Shared/Program.swift` shows how a subcommand is written.
struct Vidclass: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vidclass",
    abstract:
      "Learns to classify videos from folders of clips and labels movies with what it learned.",
    discussion: """
      EXAMPLES:
        vidclass train clips/          # learn from a folder of class folders
        vidclass label movie.mp4       # say what happens in a movie, and when
        vidclass --version --verbose   # with the libraries that were found

      EXIT CODES:
        0         all done
        1         could not do what was asked (the message says why)
        3         finished, but some inputs were unreadable or partial (all listed)
        64        wrong usage
        130, 143  interrupted; state saved, run the same command again to continue
      """,
    version: ProgramVersion.current,
    subcommands: [
      TrainCommand.self, LabelCommand.self, EvalCommand.self, CheckCommand.self, FramesCommand.self,
      InfoCommand.self, MergeCommand.self, ImportCommand.self, ExportCommand.self,
      AverageCommand.self, BenchCommand.self,
    ])
}
