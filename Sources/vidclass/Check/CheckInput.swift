import Datasets
import FileStore
import Foundation
import Labelling
import Tensors
import Training
import VideoDecoding

/// What `check` is to look at: a data set with classes and a split, or plain movies.
struct CheckInput {
  /// For people.
  let title: String
  let clips: [Clip]
  /// Nil for plain movies.
  let index: DatasetIndex?
  /// How train would divide the data set; nil for plain movies and where it cannot be divided.
  let division: DatasetSplit?
  /// What train would do; nil for plain movies and where training is not possible.
  let plan: TrainingPlan?
  /// Why there is no plan, where there should be one.
  let trouble: String?
  /// Listed files and folders that are not there or cannot be opened.
  let missing: [IgnoredFile]
  /// Of plain movies' folders: files that are no movies.
  let ignoredCount: Int
  let warnings: [String]

  init(request: TrainingRequest, paths: [String], threads: Int) throws {
    if paths.count == 1, CheckInput.isDataset(paths[0]) || request.classesFile != nil {
      do {
        try self.init(dataset: request, threads: threads)
        return
      } catch let error as DatasetError
        where error.code == .empty && Folder.exists(paths[0]) && request.groupBy == nil
      {
        // Movies in a folder without classes.
      }
    }
    try self.init(movies: paths)
  }

  private init(dataset request: TrainingRequest, threads: Int) throws {
    var index = try DatasetIndex.load(path: request.data, options: request.indexOptions)
    if index.needsEvidence {
      let pool = WorkerPool(threads: threads)
      defer { pool.shutDown() }
      index = index.groupedByEvidence(pool: pool, limits: request.limits) ?? index
    }
    index = try index.adding(request.additions, options: request.indexOptions)
    self.index = index
    title = request.data
    clips = index.clips
    missing = index.unusable
    ignoredCount = index.ignored.count - missing.count
    warnings = []
    let options = SplitOptions(
      validationFraction: request.validationFraction ?? 0.2, seed: request.seed,
      holdOut: request.validationGroups)
    do {
      division = try Splitter.split(index, options)
    } catch {
      // A group that does not exist is a mistake in the command, all else a fact about the clips.
      if !request.validationGroups.isEmpty { throw error }
      division = nil
    }
    do {
      plan = try TrainingPlan(request, index: index)
      trouble = nil
    } catch {
      plan = nil
      trouble = ErrorMessage.oneLine(for: error)
    }
  }

  private init(movies paths: [String]) throws {
    var finder = MediaFinder(kinds: MediaNames())
    for path in paths { finder.add(RawArguments.path(path)) }
    if finder.jobs.isEmpty {
      throw CheckError(description: finder.warnings.first ?? "there is nothing to check")
    }
    title = paths.count == 1 ? paths[0] : "\(paths.count) paths"
    let (named, nameless) = (
      finder.jobs.filter(\.path.isText), finder.jobs.filter { !$0.path.isText }
    )
    clips = named.map { Clip(path: $0.path.text, file: $0.path.text, label: "") }
    index = nil
    division = nil
    plan = nil
    trouble = nil
    missing = nameless.map { IgnoredFile(path: $0.path.text, reason: .notUTF8) }
    ignoredCount = finder.ignoredCount
    warnings = finder.warnings + finder.passedOver
  }

  /// Whether a path is to be read as a data set: a folder that is no clip itself, or a file of text.
  private static func isDataset(_ path: String) -> Bool {
    if Folder.exists(path) { return !MediaKind.isImageFolder(path) }
    if MediaKind.isVideo(path) || !RegularFile.exists(path) { return false }
    let isList = ["csv", "tsv", "txt", "lst", "list"].contains {
      path.lowercased().hasSuffix("." + $0)
    }
    if isList { return true }
    guard var reader = try? FileReader(path), let head = try? reader.read(4096) else {
      return false
    }
    return !head.isEmpty && head.allSatisfy { $0 >= 32 || (9...13).contains($0) }
  }
}
