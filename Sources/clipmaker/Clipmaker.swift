import ArgumentParser

/// Makes the project's own clips, encoded through libavcodec.
@main
struct Clipmaker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clipmaker", abstract: "Makes the clips that vidclass ships with.")
}
