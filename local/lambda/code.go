package lambda

// This file gets a function's code and checks that this machine can run it.

import (
	"archive/zip"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

func bootstrap(directory string) string { return filepath.Join(directory, "bootstrap") }

// architecture maps Lambda's names to Go's and to those in ELF files.
func architecture(name string) (goarch string, machine elf.Machine) {
	if name == "arm64" {
		return "arm64", elf.EM_AARCH64
	}
	return "amd64", elf.EM_X86_64
}

// checkArchitecture refuses what AWS would run on another kind of machine.
func checkArchitecture(name string) error {
	if goarch, _ := architecture(name); goarch != runtime.GOARCH {
		return &cfn.Unsupported{
			Property: "Architectures",
			Reason:   fmt.Sprintf("the function is for %s and this machine is %s: synthesize the app for this machine's architecture", name, runtime.GOARCH),
		}
	}
	return nil
}

// codeProperties say where the code lies.
type codeProperties struct{ S3Bucket, S3Key, S3ObjectVersion string }

// folder is where code lies, for the versions that run it. Their function's lock
// guards it.
type folder struct {
	path     string
	zip      string                  // the package that was unpacked there; empty of a folder that stays
	archive  func() (archive, error) // what is told of the package
	entry    error                   // why nothing there can be started, or nil
	versions int
	unused   chan struct{} // closed when no version runs it any more; nil of one that stays
}

func (f *folder) enter() {
	if f != nil {
		f.versions++
	}
}

func (f *folder) leave() {
	if f == nil {
		return
	}
	if f.versions--; f.versions == 0 && f.unused != nil {
		close(f.unused)
	}
}

// fetch returns the folder of code that lies in a bucket. A version has entered it.
func (l *Lambda) fetch(at codeProperties) (*folder, error) {
	address := "s3://" + at.S3Bucket + "/" + at.S3Key
	if l.opts.Code == nil {
		return nil, fmt.Errorf("code %s: there is no code", address)
	}
	code, err := l.opts.Code(context.Background(), at.S3Bucket, at.S3Key, at.S3ObjectVersion)
	if err != nil {
		return nil, fmt.Errorf("code %s: %w", address, err)
	}
	f, err := l.lay(code)
	if err != nil {
		return nil, fmt.Errorf("unpack code %s: %w", address, err)
	}
	return f, nil
}

// lay makes code the folder that it is, unpacking it if it is a zip file.
func (l *Lambda) lay(code Code) (f *folder, err error) {
	f = &folder{path: code.Folder}
	if f.path == "" {
		if f, err = l.unpack(code); err != nil {
			return nil, err
		}
	}
	f.enter()
	if f.path, err = filepath.Abs(f.path); err != nil {
		f.leave()
		return nil, err
	}
	if f.archive == nil {
		f.archive = assetArchive(f.path)
	}
	return f, nil
}

// startable tells why a function of an architecture can not start in the folder.
func (f *folder) startable(arch string) error { return checkBinary(bootstrap(f.path), arch) }

// errNoBootstrap is why most code of other runtimes does not start.
var errNoBootstrap = errors.New("the code has no file named bootstrap, which the runtime starts")

// checkBinary looks into the file: the template may say one architecture and
// the binary be of another.
func checkBinary(path, arch string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return errNoBootstrap
	}
	if err != nil {
		return err
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("bootstrap is not an executable file")
	}
	binary, err := elf.Open(path)
	if _, notELF := errors.AsType[*elf.FormatError](err); notELF || errors.Is(err, io.EOF) { // which is shorter than any ELF file
		return nil // a script
	}
	if err != nil {
		return err
	}
	defer binary.Close()
	if runtime.GOOS != "linux" {
		return fmt.Errorf("bootstrap is a Linux binary, which %s cannot run", runtime.GOOS)
	}
	if _, machine := architecture(arch); binary.Machine != machine {
		return fmt.Errorf("bootstrap is a binary for %s, but Architectures says %s", binary.Machine, arch)
	}
	return nil
}

// unpack extracts a zip file into a folder that is removed when no version runs the
// code any more, or the engine ends.
func (l *Lambda) unpack(code Code) (*folder, error) {
	content, err := zip.NewReader(code.Zip, code.Size)
	if err != nil {
		return nil, err
	}
	size := uint64(0)
	for _, file := range content.File {
		size += file.UncompressedSize64 // a reader of a file that has more fails
	}
	if size > maxUnzipped {
		return nil, invalid("Unzipped size must be smaller than %d bytes", maxUnzipped)
	}
	path, err := os.MkdirTemp("", "lambda-")
	if err != nil {
		return nil, err
	}
	unused := make(chan struct{})
	l.cloud.Go(func(ctx context.Context) {
		select {
		case <-unused:
		case <-ctx.Done():
		}
		os.RemoveAll(path)
	})
	f := &folder{path: filepath.Join(path, "task"), zip: filepath.Join(path, "code.zip"), unused: unused}
	kept, err := keepZip(f.zip, code)
	if err == nil {
		err = os.Mkdir(f.path, 0o755)
	}
	if err == nil {
		err = extractAll(f.path, content)
	}
	if err != nil {
		close(unused)
		return nil, err
	}
	f.archive = func() (archive, error) { return kept, nil }
	return f, nil
}

func extractAll(path string, archive *zip.Reader) error {
	root, err := os.OpenRoot(path) // keeps names like ../x inside
	if err != nil {
		return err
	}
	defer root.Close()
	for _, file := range archive.File {
		if err := extract(root, file); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
	}
	return nil
}

func extract(root *os.Root, file *zip.File) error {
	name := filepath.FromSlash(file.Name)
	if file.FileInfo().IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	source, err := file.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, file.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
