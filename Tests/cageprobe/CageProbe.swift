import CCageProbe
import Foundation
import VideoDecoding

/// For the tests of the sandbox: a process that confines itself as a decoder process does and tries
/// to get out, a decoder process without the rest of the program, and a way to start programs as on
/// an older kernel.
@main
enum CageProbe {
  private static let usage = """
    usage: cageprobe confined FOLDER               tries to get out of the cage
           cageprobe free FOLDER                   tries the same things without one
           cageprobe without WALL PROGRAM ARG...   runs a program where the kernel has no seccomp,
                                                   no landlock, or neither (both)
    """

  static func main() {
    DecoderProcesses.begin()
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "confined" where arguments.count == 2:
      exit(vc_probe_cage(arguments[1], { CageProbe.confine() }))
    case "free" where arguments.count == 2: exit(vc_probe_cage(arguments[1], nil))
    case "without" where arguments.count >= 3:
      guard vc_take_away(arguments[1]) == 0 else { fail("the kernel takes no filter") }
      var strings = arguments.dropFirst(2).map { strdup($0) }
      strings.append(nil)
      execv(strings[0]!, strings)
      fail("\(arguments[2]) cannot be started")
    default: fail(usage)
    }
  }

  private static func confine() {
    let report = SandboxReport.confineThisProcess(memoryBytes: 1 << 30)
    if !report.isClosed { fail("not confined: \(report.missing)") }
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    _exit(EXIT_FAILURE)
  }
}
