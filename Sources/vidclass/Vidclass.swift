import ArgumentParser

/// The command line: a file per subcommand, no logic of its own.
@main
struct Vidclass: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vidclass",
    abstract: "Learns to classify videos from folders of clips and labels movies with what it learned.")
}
