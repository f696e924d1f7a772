// Command register checks a register with Go's own implementation of transparency logs.
//
//	register DIR VERIFIER-KEY OLD-SIZE OLD-ROOT INDEX=ENTRY...
//
// DIR holds `checkpoint` and `tile/…` (C2SP tlog-tiles). It prints "ok" when the checkpoint is
// signed by that key, every entry is at its index, and the register goes on from the older one.
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder struct{ root string }

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.root, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hash(text string) (h tlog.Hash) {
	data, err := hex.DecodeString(text)
	check(err)
	copy(h[:], data)
	return
}

func main() {
	dir, key := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(key)
	check(err)
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.Join(lines[1:], "\n")))
	check(err)
	// The reader refuses tiles that do not lead to the checkpoint's root.
	reader := tlog.TileHashReader(tree, folder{dir})
	for _, pair := range os.Args[5:] {
		at, entry, _ := strings.Cut(pair, "=")
		index, err := strconv.ParseInt(at, 10, 64)
		check(err)
		bytes, err := hex.DecodeString(entry)
		check(err)
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(bytes)))
	}
	old, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	proof, err := tlog.ProveTree(tree.N, old, reader)
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, old, hash(os.Args[4])))
	fmt.Println("ok")
}
