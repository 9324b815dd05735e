import FileStore
import Glibc

/// How to read a data set.
public struct IndexOptions: Sendable {
  /// A regular expression found in each clip's relative path; its first capture is the group.
  /// `folder`: the folders above a clip that are not its class.
  public var groupBy: String?
  /// How many folders above a clip are its class; nil tells by whether those below come back.
  public var classDepth: Int?
  /// A class for what a list of parts of movies leaves unlabelled; nil leaves it out.
  public var background: String?
  /// Names of the classes of a text list's indices, one a line.
  public var classesFile: String?

  /// Nil leaves each of these to what the data set shows.
  public init(
    groupBy: String? = nil, classDepth: Int? = nil, background: String? = nil,
    classesFile: String? = nil
  ) {
    self.background = background
    self.groupBy = groupBy
    self.classDepth = classDepth
    self.classesFile = classesFile
  }
}

/// What a data set holds: its classes, its clips with labels and groups, and what was left out.
public struct DatasetIndex: Sendable {
  /// The folder, manifest or list.
  public let path: String
  /// Names in Unicode scalar order, whatever the locale and the order of listing.
  public let classes: [String]
  /// Sorted by path, then start.
  public internal(set) var clips: [Clip]
  /// Files that are no clips, with the reason of each.
  public let ignored: [IgnoredFile]
  /// One line each, for people.
  public let warnings: [String]
  /// How clips were put into groups.
  public internal(set) var groupRule: GroupRule
  /// What lists were added and what they brought, a line each.
  public let additions: [String]

  /// Reads a folder of class folders, a folder with `train`, `val`, `test`, a CSV manifest or a
  /// text list.
  ///
  /// - Throws: `DatasetError` when there is nothing usable at `path`.
  public static func load(path: String, options: IndexOptions = IndexOptions())
    throws(DatasetError) -> DatasetIndex
  {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code: DatasetError.Code = errno == EACCES ? .permission : .notFound
      throw DatasetError(
        code, path: path,
        "\(String(cString: strerror(errno))); give a folder of class folders, a CSV manifest or a text list"
      )
    }
    var found: FoundClips
    if status.st_mode & S_IFMT == S_IFDIR {
      if let classesFile = options.classesFile {
        throw DatasetError(
          .format, path: classesFile,
          "`classes` names the indices of a text list; \(path) is a folder")
      }
      if let background = options.background {
        throw DatasetError(
          .format, path: path,
          "`background` \(background) is for lists of parts of movies; \(path) is a folder")
      }
      found = try FolderScan(root: path).run()
      let depth =
        options.classDepth ?? FolderGroups.classDepth(of: found.clips.map(\.label))
        ?? (options.groupBy == GroupRule.byFolder ? deepest(found.clips) - 1 : nil)
      if let depth { found.clips = FolderGroups.cut(found.clips, depth: max(1, depth)) }
    } else {
      if let depth = options.classDepth {
        throw DatasetError(
          .format, path: path,
          "`classDepth` \(depth) is for class folders; \(path) is a list, which names its labels")
      }
      found = try ListReader.read(
        path: path, classesFile: options.classesFile, background: options.background)
      if let background = options.background {
        try addBackground(background, to: &found, path: path)
      }
    }
    guard !found.clips.isEmpty else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw emptyError(path: path, found: found, isFolder: isFolder)
    }
    return try DatasetIndex(path: path, found: found, groupBy: options.groupBy)
  }

  private static func addBackground(
    _ name: String, to found: inout FoundClips, path: String
  ) throws(DatasetError) {
    guard found.clips.contains(where: { $0.end != nil }) else {
      throw DatasetError(
        .format, path: path, "`background` \(name): no clip has a start and an end")
    }
    BackgroundClips.add(named: name, to: &found)
  }

  /// How many class folders there are above each other at most.
  private static func deepest(_ clips: [Clip]) -> Int {
    clips.lazy.map { $0.label.split(separator: "/").count }.max() ?? 0
  }

  /// An index of clips that are already known, for example of one movie.
  public init(path: String, clips: [Clip], groupBy: String? = nil) throws(DatasetError) {
    try self.init(path: path, found: FoundClips(clips: clips), groupBy: groupBy)
  }

  init(path: String, found: FoundClips, groupBy: String?) throws(DatasetError) {
    self.path = path
    var clips = found.clips
    classes = DatasetIndex.number(&clips)
    groupRule = try GroupRule.apply(
      to: &clips, path: path, pattern: groupBy, column: found.groupColumn)
    self.clips = clips
    ignored = found.ignored
    additions = []
    warnings = found.warnings + DatasetIndex.classWarnings(classes: classes, clips: clips)
  }

  /// Another data set's clips and more, in groups already.
  init(
    _ base: DatasetIndex, clips: [Clip], ignored: [IgnoredFile], warnings: [String],
    additions: [String], groupRule: GroupRule
  ) {
    path = base.path
    var clips = clips
    classes = DatasetIndex.number(&clips)
    self.clips = clips
    self.ignored = base.ignored + ignored
    self.warnings = base.warnings + warnings
    self.additions = base.additions + additions
    self.groupRule = groupRule
  }

  /// Sorts clips and gives them the numbers of their classes, which are returned.
  private static func number(_ clips: inout [Clip]) -> [String] {
    let classes = Set(clips.map(\.label)).sorted { $0.scalarsPrecede($1) }
    let position = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    for index in clips.indices { clips[index].classIndex = position[clips[index].label] ?? 0 }
    clips.sort {
      $0.path == $1.path
        ? ($0.start ?? -1, $0.end ?? .infinity) < ($1.start ?? -1, $1.end ?? .infinity)
        : $0.path.scalarsPrecede($1.path)
    }
    return classes
  }

  /// The same with some of its clips only; classes and groups stay.
  public func keeping(_ isKept: (Clip) -> Bool) -> DatasetIndex {
    var index = self
    index.clips = clips.filter(isKept)
    return index
  }

  /// Clips of each class, in the order of `classes`.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for clip in clips { counts[clip.classIndex] += 1 }
    return counts
  }

  /// What somebody meant to be used and cannot be: files that do not exist, folders that cannot be
  /// read or whose names cannot be.
  public var unusable: [IgnoredFile] {
    ignored.filter { [.missing, .unreadableFolder, .notUTF8].contains($0.reason) }
  }

  /// How many files were left out for each reason, most first.
  public var ignoredCounts: [(reason: IgnoredFile.Reason, count: Int)] {
    var counts: [IgnoredFile.Reason: Int] = [:]
    for file in ignored { counts[file.reason, default: 0] += 1 }
    return counts.map { (reason: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.reason.rawValue) < ($0.count, $1.reason.rawValue) }
  }

  /// SHA-256 of every clip's path, range, label and group: the same for the same data set wherever
  /// it lies.
  public var fingerprint: String { DatasetIndex.fingerprint(of: clips) }

  /// SHA-256 of these clips in this order, for example one side of a split.
  public static func fingerprint(of clips: [Clip]) -> String {
    var hash = SHA256()
    for clip in clips {
      let range = [clip.start, clip.end].map { $0.map { "\($0)" } ?? "" }
      hash.update(CSV.line([clip.path] + range + [clip.label, clip.group]) + "\n")
    }
    return hash.finish()
  }

  /// Throws unless there are at least two classes to tell apart.
  public func requireTrainable() throws(DatasetError) {
    guard classes.count < 2 else { return }
    throw DatasetError(
      .oneClass, path: path,
      "only one class, \(classes.first.map { "\"\($0)\"" } ?? "none"): a classifier needs at least two; "
        + "put the clips of each class in a folder of their own, or name a label for each in a manifest"
    )
  }

  private static func emptyError(
    path: String, found: FoundClips, isFolder: Bool
  ) -> DatasetError {
    let layout =
      "expected clips in class folders such as \(path)/walk/a.mp4, or a manifest with filepath,label"
    if found.ignored.isEmpty, !isFolder {
      // A list of which every line was passed over has said why.
      let reason = found.warnings.first ?? "no entry of it has both a movie and a label"
      return DatasetError(
        .empty, path: path, "no clips: \(reason); label some, and save or export it again")
    }
    if found.ignored.isEmpty {
      return DatasetError(.empty, path: path, "no clips: nothing in it; \(layout)")
    }
    let loose = found.ignored.filter { $0.reason == .noClass }
    if let first = loose.first {
      return DatasetError(
        .empty, path: path,
        "no class folders: \(loose.count) clips such as \(first.path) lie in none; \(layout)")
    }
    let missing = found.ignored.filter { $0.reason == .missing }
    if let first = missing.first, missing.count == found.ignored.count {
      return DatasetError(
        .empty, path: path,
        "none of its \(missing.count) files exists, the first is \(first.path); paths are relative to the file that lists them"
      )
    }
    return DatasetError(
      .empty, path: path,
      "no clips among \(found.ignored.count) files (\(found.ignored[0].path): \(found.ignored[0].reason.rawValue)); \(layout)"
    )
  }

  private static func classWarnings(classes: [String], clips: [Clip]) -> [String] {
    var counts = [Int](repeating: 0, count: classes.count)
    var trained = [Bool](repeating: false, count: classes.count)
    for clip in clips {
      counts[clip.classIndex] += 1
      if clip.split == nil || clip.split == .train { trained[clip.classIndex] = true }
    }
    var warnings: [String] = []
    let single = classes.indices.filter { counts[$0] == 1 }.map { classes[$0] }
    if !single.isEmpty {
      warnings.append(
        "\(namesList(single)): one clip only; it can be learned or checked, not both: add clips")
    }
    let hasTrain = clips.contains { $0.split == .train }
    let untrained = classes.indices.filter { hasTrain && !trained[$0] }.map { classes[$0] }
    if !untrained.isEmpty {
      warnings.append(
        "\(namesList(untrained)): no clips in train; the model cannot learn it")
    }
    if classes.contains("unknown") {
      warnings.append(
        "a class is called unknown, which is also what an answer below its threshold is called; "
          + "another name keeps them apart")
    }
    return warnings
  }
}

/// `class "a"`, `classes "a", "b" and 3 more`.
func namesList(_ names: [String], noun: String = "class", plural: String = "classes") -> String {
  let shown = names.prefix(4).map { "\"\($0)\"" }.joined(separator: ", ")
  let more = names.count > 4 ? " and \(names.count - 4) more" : ""
  return "\(names.count == 1 ? noun : plural) \(shown)\(more)"
}

/// What a scan or a manifest gives before classes are numbered and groups decided.
struct FoundClips {
  var clips: [Clip] = []
  var ignored: [IgnoredFile] = []
  var warnings: [String] = []
  /// What a manifest calls its column of groups.
  var groupColumn: String?
}
