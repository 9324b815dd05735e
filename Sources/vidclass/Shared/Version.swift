/// The version that `--version` prints and that models and records carry.
enum ProgramVersion {
  static let current = "0.1.0"
}
