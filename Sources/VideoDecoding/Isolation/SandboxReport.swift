private import CSandbox
import Foundation

/// How far a decoder process is confined: what it told of itself before its first clip.
public struct SandboxReport: Sendable, Hashable, Codable {
  /// Error number of the limits on memory, open files and file sizes; 0 where they hold.
  public let limits: Int32
  /// Error number of the filter of system calls (seccomp); 0 where it holds.
  public let filter: Int32
  /// Error number of the kernel's second lock on all files (Landlock); 0 where it holds.
  public let landlock: Int32

  /// Error numbers, 0 where a wall stands.
  public init(limits: Int32, filter: Int32, landlock: Int32) {
    self.limits = limits
    self.filter = filter
    self.landlock = landlock
  }

  /// Whether the process can do nothing but read what it is given and compute. Landlock is no part
  /// of that: it forbids again what the filter forbids, and older kernels lack it.
  public var isClosed: Bool { limits == 0 && filter == 0 }

  /// What is missing, and what the system said.
  public var missing: [String] {
    var parts: [String] = []
    if limits != 0 { parts.append("limits on memory and files (\(SandboxReport.text(limits)))") }
    if filter != 0 {
      parts.append("a filter of system calls, seccomp (\(SandboxReport.text(filter)))")
    }
    if landlock != 0 {
      parts.append("rules for files, Landlock (\(SandboxReport.text(landlock)))")
    }
    return parts
  }

  /// A sentence for people.
  public var warning: String {
    let lack = "this system lacks " + missing.joined(separator: " and ")
    return isClosed
      ? "decoder processes are confined, but not twice: \(lack)"
      : "movies are decoded in processes that are not confined as they should be: \(lack)"
  }

  /// Confines this process for good, all its threads and those to come, and tells how far that went.
  package static func confineThisProcess(memoryBytes: Int) -> SandboxReport {
    // Twice as much may be mapped as written to: libraries and stacks count there.
    var limits = vc_process_limits(
      data_bytes: UInt64(memoryBytes), address_bytes: UInt64(memoryBytes) * 2, open_files: 64)
    let cage = vc_close_cage(&limits)
    return SandboxReport(limits: cage.limits, filter: cage.filter, landlock: cage.landlock)
  }

  private static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
