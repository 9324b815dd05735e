import ArgumentParser
import Foundation
import VideoDecoding

// How a subcommand is written
// ---------------------------
//
// A file `Sources/vidclass/<Name>/<Name>Command.swift`, registered in `Vidclass.swift`:
//
//     struct FramesCommand: ParsableCommand {
//       static let configuration = CommandConfiguration(
//         commandName: "frames", abstract: "Shows exactly what the network sees.",
//         discussion: """
//           EXAMPLE:
//             vidclass frames movie.mp4 -o sheet.png
//           """)
//       @OptionGroup var global: GlobalOptions   // --quiet --verbose --threads --seed
//       @OptionGroup var output: JSONOption      // --json, where there is a summary to give
//       @Argument(help: "…") var file: String
//
//       func validate() throws { … throw ValidationError("…") … }   // wrong usage: exit 64
//
//       func run() throws {
//         let console = global.console           // messages, on standard error
//         Interrupt.install()                    // only when the loop polls and saves its state
//         let bar = ProgressBar("decoding", total: 300, unit: "frames", console: console)
//         for … { try Interrupt.check(); …; bar.advance() }
//         bar.finish()
//         try StandardOutput.write("…\n")        // results; never `print`, which hides errors
//         if unreadable > 0 { throw ExitCode.partial }             // exit 3, after listing them
//       }
//     }
//
// Anything else thrown from `run()` becomes one line, `vidclass: error: <description>`, and exit 1.

extension ExitCode {
  /// Finished, but some inputs were unreadable or partial; the command has listed them.
  static let partial = ExitCode(3)
}

/// Runs the command line and turns whatever it throws into the promised message and exit code.
@main
enum Program {
  static func main() {
    // Movies are decoded in processes of their own, of which this may be one. A reader of our output
    // that went away is from here on an error of `write`, not a silent death in mid-record.
    DecoderProcesses.begin()
    // The language reads its arguments there; without them any command would look like none.
    if CommandLine.arguments.isEmpty {
      Console.writeLine("vidclass: error: /proc is not mounted, and vidclass cannot run without it")
      exit(EXIT_FAILURE)
    }
    var command: any ParsableCommand = Vidclass()
    do {
      if VersionReport.isAsked(by: CommandLine.arguments.dropFirst()) {
        return try StandardOutput.write(VersionReport.text)
      }
      command = try Vidclass.parseAsRoot(
        ArgumentDefaults.applied(to: CommandLine.arguments.dropFirst()))
      try command.run()
    } catch let error as ValidationError {
      // The parser knows the subcommand whose options it refuses; here `run` refused them.
      Console.writeLine(
        "vidclass: error: \(ErrorMessage.lines(error.message))\nUsage: \(Vidclass.usageString(for: type(of: command)))\n"
          + "  Its options are shown by --help.")
      exit(ExitCode.validationFailure.rawValue)
    } catch {
      finish(with: error)
    }
  }

  /// Ends the process as `error` demands; never returns.
  private static func finish(with error: any Error) -> Never {
    StatusLine.clear()
    if error is BrokenPipe {
      // As any filter does: `vidclass … | head` ends quietly.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    if let interrupted = error as? Interrupted {
      Console.writeLine("vidclass: \(interrupted.message)")
      exit(128 + interrupted.signal)
    }
    if let code = error as? ExitCode { exit(code.rawValue) }

    switch Vidclass.exitCode(for: error) {
    case .success:  // --help, --version and the like are thrown too
      do {
        try StandardOutput.write(ensuringNewline(Vidclass.fullMessage(for: error)))
        exit(EXIT_SUCCESS)
      } catch { finish(with: error) }
    case .validationFailure:
      let usage = Vidclass.fullMessage(for: error)
      let message = usage.hasPrefix("Error: ") ? String(usage.dropFirst(7)) : usage
      Console.writeLine("vidclass: error: \(ErrorMessage.lines(message))")
      exit(ExitCode.validationFailure.rawValue)
    default:
      Console.writeLine("vidclass: error: \(ErrorMessage.oneLine(for: error))")
      exit(EXIT_FAILURE)
    }
  }

  private static func ensuringNewline(_ text: String) -> String {
    text.hasSuffix("\n") ? text : text + "\n"
  }
}
