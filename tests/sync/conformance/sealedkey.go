// Command sealedkey opens the sealed keys of docs/format-vectors.json, from the words of
// docs/format.md alone, with Go's own HKDF and ChaCha20-Poly1305. Go's distribution has no
// Argon2id: the root that a passphrase gives is taken from the vectors.
//
//	sealedkey VECTORS
//
// It prints kind, suite, public half and private half of each in hexadecimal, one a line.
package main

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"

	"golang.org/x/crypto/chacha20poly1305"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func refuse(why string) { check(fmt.Errorf("%s", why)) }

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var vectors struct {
		Keys []struct {
			File, Root, Salt      string
			Passes, Memory, Lanes uint64
		} `json:"sealed_keys"`
	}
	check(json.Unmarshal(text, &vectors))
	label := []byte("parvis/1 sealed key\x00")
	for _, one := range vectors.Keys {
		block, _ := pem.Decode([]byte(one.File))
		if block == nil || block.Type != "PARVIS SEALED KEY" {
			refuse("no such block")
		}
		body := block.Bytes[:len(block.Bytes)-sha256.Size]
		sum := sha256.Sum256(body)
		if !bytes.Equal(sum[:], block.Bytes[len(body):]) {
			refuse("damaged")
		}
		header, sealed := body[:len(body)-48], body[len(body)-48:]
		reader := bytes.NewReader(header)
		number := func() uint64 {
			value, err := binary.ReadUvarint(reader)
			check(err)
			return value
		}
		take := func(count uint64) []byte {
			taken := make([]byte, count)
			_, err := reader.Read(taken)
			check(err)
			return taken
		}
		fixed := take(3)
		public := take(number())
		if count := number(); count > 0 {
			take(count)
		}
		if number() != one.Passes || number() != one.Memory || number() != one.Lanes {
			refuse("another cost")
		}
		if hex.EncodeToString(take(16)) != one.Salt {
			refuse("another salt")
		}
		salt := take(32)
		if reader.Len() != 0 || fixed[0] != 1 {
			refuse("another version")
		}
		root, err := hex.DecodeString(one.Root)
		check(err)
		key, err := hkdf.Key(sha256.New, root, salt, string(label), 32)
		check(err)
		cipher, err := chacha20poly1305.New(key)
		check(err)
		secret, err := cipher.Open(nil, make([]byte, 12), sealed, append(label[:len(label):len(label)], header...))
		check(err)
		fmt.Printf("%d %d %x %x\n", fixed[1], fixed[2], public, secret)
	}
}
