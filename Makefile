# vidclass: `make demo` shows it at work, `make test` checks it. See README.md.

PREFIX ?= /usr/local
DESTDIR ?=

MOVIE = Tests/Fixtures/movie/motions.mp4
VIDCLASS = .build/release/vidclass

PYTHON ?= python3

CASES ?= 20000
SEED ?= 1

.PHONY: demo test fuzz hostile attack stress soak bench interop library docs format install build deps test-deps \
  clips

# Trains on clips/ and labels a movie that training never saw.
demo: build
	$(VIDCLASS) train clips/
	$(VIDCLASS) label $(MOVIE) --format table
	@echo "What really happens in it (start, end in seconds, label):"
	@cat $(MOVIE:.mp4=.csv)

# One build, in release: the kernels are too slow to test without optimisation.
test: test-deps
	swift format lint --strict --recursive Sources Tests Package.swift
	swift test -c release

# An hour of libFuzzer on everything that reads untrusted files.
fuzz: test-deps
	.make/fuzz

# Hundreds of hostile files of weights, models, ONNX and architectures: each refused in bounds.
hostile: build
	.make/hostile-weights

# Hostile values and files for every command, drawn from a grammar by SEED; `make test` runs 260.
attack: build test-deps
	$(PYTHON) Tests/Attack/attack.py --cases $(CASES) --seed $(SEED)

# Videos cut off at every byte and changed in ten thousand places; takes about half an hour.
stress: test-deps
	.make/stress

# Ten thousand files, good and bad, in one run: memory, open files and threads stay flat.
soak: build test-deps
	.make/soak

bench: build
	.make/bench
	.make/bench-network

# Every network against ONNX Runtime, PyTorch and torchvision; see the script for what it needs.
interop: build
	$(PYTHON) .make/interop.py

# The library in a package of its own, which sees what its users see: builds all of it once more.
library: deps
	swift run -c release --package-path Tests/LibraryPackage --scratch-path .build-library squares

# Documentation of the library as a web site in .build/docs; a link that leads nowhere is an error.
docs: deps
	.make/docs

format:
	swift format --in-place --recursive Sources Tests Package.swift

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(VIDCLASS) $(DESTDIR)$(PREFIX)/bin/vidclass
	.make/make-man-pages $(VIDCLASS) $(DESTDIR)$(PREFIX)/share/man/man1
	$(VIDCLASS) --generate-completion-script bash \
	  > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vidclass
	$(VIDCLASS) --generate-completion-script zsh \
	  > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vidclass
	$(VIDCLASS) --generate-completion-script fish \
	  > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vidclass.fish

build: deps
	swift build -c release --product vidclass

# Makes clips/ and the demo's movie anew; the same bytes come out with the same FFmpeg libraries.
clips: deps
	swift build -c release --product clipmaker
	.build/release/clipmaker clips clips
	.build/release/clipmaker movie $(MOVIE)

deps:
	@.make/install-packages

test-deps:
	@.make/install-packages --tests
