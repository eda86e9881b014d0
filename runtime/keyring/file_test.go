package keyring_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// secretLine is what a file of secrets may contain.
const secretLine = "a1gydlRxOFpwTHc0UmZZYjdOc0hjMUptR2Q1RWFVbzk=\n"

func TestASVS_11_2_KeysFromAFileOfTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := keyring.KeysFromFile(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, info.Mode().Perm(), 0o600, "permissions")
	before, _ := os.ReadFile(path)
	if _, err := keyring.KeysFromFile(path); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(path)
	equal(t, string(after), string(before), "the file when read again")
	left, _ := os.ReadDir(filepath.Dir(path))
	equal(t, len(left), 1, "files left")
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o460, 0o446} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.KeysFromFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600") || !strings.Contains(err.Error(), "defaultMode: 0440") {
			t.Errorf("a file that others may use, %v: %v", mode, err)
		}
	}
	os.Chmod(path, 0o600)
	os.WriteFile(path, []byte("not base64!\n"), 0o600)
	if _, err := keyring.KeysFromFile(path); err == nil || strings.Contains(err.Error(), "not base64!") {
		t.Errorf("a broken file: %v", err)
	}
}

// Kubernetes mounts a secret as a link to a file in a folder of the volume, of mode 0440 if the
// pod has an fsGroup; the folder with the link may be written by everyone. Docker mounts 0444.
func TestKeysFromFileReadsWhatKubernetesAndDockerMount(t *testing.T) {
	volume := t.TempDir()
	folder := filepath.Join(volume, "..2026_11_23")
	path := filepath.Join(volume, "keys")
	for _, err := range []error{
		os.Mkdir(folder, 0o755),
		os.WriteFile(filepath.Join(folder, "keys"), []byte(secretLine), 0o400),
		os.Symlink(filepath.Base(folder), filepath.Join(volume, "..data")),
		os.Symlink(filepath.Join("..data", "keys"), path),
		os.Chmod(volume, 0o777),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []os.FileMode{0o400, 0o440, 0o444} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.KeysFromFile(path); err != nil {
			t.Errorf("mounted with %v: %v", mode, err)
		}
	}
	// Where others can replace the file, it is not what was mounted.
	if err := os.Chmod(folder, 0o775); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.KeysFromFile(path); err == nil || !strings.Contains(err.Error(), "chmod go-w its folder") {
		t.Errorf("a file that others may replace: %v", err)
	}
}

func TestKeysFromFileMakesNoFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "misspelt")
	_, err := keyring.KeysFromFile(filepath.Join(folder, "keys"))
	if err == nil || !strings.Contains(err.Error(), "the folder "+folder+" does not exist: create it") {
		t.Errorf("a file in a folder that is not there: %v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder was created")
	}
}

// A deploy that lost its file would otherwise sign everyone out without a word.
func TestANewSecretIsLoggedAsAWarning(t *testing.T) {
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelWarn})))
	t.Cleanup(func() { slog.SetDefault(before) })
	path := filepath.Join(t.TempDir(), "keys")
	for _, want := range []int{1, 0} { // the second time it is read
		logged.Reset()
		if _, err := keyring.KeysFromFile(path); err != nil {
			t.Fatal(err)
		}
		equal(t, strings.Count(logged.String(), "created a file with a new secret"), want, "warnings")
		equal(t, strings.Count(logged.String(), path), want, "names of the file")
	}
	content, _ := os.ReadFile(path)
	if secret := strings.Split(string(content), "\n")[1]; strings.Contains(logged.String(), secret) {
		t.Error("the secret is logged")
	}
}

func TestErrorsOfAFileOfSecretsNameTheWayOut(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	write := func(name, content string) {
		if err := os.WriteFile(in(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("empty", "# nothing\n")
	write("twice", secretLine+secretLine)
	write("binary", "\x00\x01\x02\n")
	write("file", secretLine)
	if err := os.Symlink(in("nothing"), in("link")); err != nil {
		t.Fatal(err)
	}
	for path, wants := range map[string][]string{
		folder:        {"is a folder", "name a file in it"},
		in("link"):    {"symbolic link to a file that does not exist", "remove the link"},
		in("empty"):   {"sessiongen: " + in("empty") + ": keys need a secret: 32 bytes"},
		in("twice"):   {"sessiongen: " + in("twice") + ": secret 2 is given twice: leave one out"},
		in("binary"):  {"secret 1 is not base64: write it as `openssl rand -base64 32` prints it"},
		in("file/in"): {"let the user that runs the program read the file and enter its folders"},
	} {
		_, err := keyring.KeysFromFile(path)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "sessiongen:") != 1 {
				t.Errorf("%s: %v, want an error with %q", path, err, want)
			}
		}
	}
}
