// Command batch reads the batches and acknowledgements of docs/format-vectors.json, of version 1
// and of version 2, from the words of docs/format.md alone: it checks their signatures, walks their
// bytes, works out what each session and record is bound to, opens them, and computes every
// commitment's id.
//
//	batch VECTORS
//
// It prints for each batch its version and its checkpoint's length; for each record its kind, its
// id and its plaintext (still squeezed); for each acknowledgement its version, the time that it
// promises, and its verdicts.
package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
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

func raw(text string) []byte {
	data, err := hex.DecodeString(text)
	check(err)
	return data
}

type key struct {
	Suite        uint64
	Seed, Public string
}

type file struct{ Data string }

type vectors struct {
	Keys                   []key
	Session                struct{ Dictionary string }
	Batch, Acknowledgement file
	Newer                  struct{ Batch, Acknowledgement file } `json:"version_2"`
}

func number(data *bytes.Reader) uint64 {
	value, err := binary.ReadUvarint(data)
	check(err)
	return value
}

func take(data *bytes.Reader, count uint64) []byte {
	taken := make([]byte, count)
	_, err := io.ReadFull(data, taken)
	check(err)
	return taken
}

func sized(data []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(data))), data...)
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// body checks the frame of section 2, and gives version and body.
func body(data []byte, kind byte, purpose string, signer ed25519.PublicKey) (byte, *bytes.Reader) {
	if !bytes.Equal(data[:7], append([]byte("PARVIS"), kind)) || data[7] < 1 || data[7] > 2 {
		refuse("another kind or version of file")
	}
	if int(binary.BigEndian.Uint32(data[8:12])) != len(data) {
		refuse("another length")
	}
	end := len(data) - ed25519.SignatureSize
	label := fmt.Sprintf("parvis/%d %s\x00", data[7], purpose)
	if !ed25519.Verify(signer, joined([]byte(label), data[:end]), data[end:]) {
		refuse("not what was signed")
	}
	return data[7], bytes.NewReader(data[12:end])
}

// bound is what tells sessions and records of each kind apart.
func bound(what string, kind uint64) []byte {
	if kind == 0 {
		return joined([]byte("parvis/1 "+what+"\x00"), []byte{1})
	}
	return binary.AppendUvarint([]byte("parvis/2 "+what+"\x00"), kind)
}

func open(keys []key, suite uint64, sealed, info []byte) []byte {
	kem := hpke.MLKEM768X25519()
	if suite == 2 {
		kem = hpke.DHKEM(ecdh.X25519())
	}
	for _, one := range keys {
		if one.Suite == suite {
			private, err := kem.NewPrivateKey(raw(one.Seed))
			check(err)
			secret, err := hpke.Open(private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), info, sealed)
			check(err)
			return secret
		}
	}
	refuse("no key")
	return nil
}

func section(v vectors, data *bytes.Reader, version byte, consultation, device []byte) {
	var kind uint64
	if version == 2 {
		kind = number(data)
	}
	session, form := take(data, 8), take(data, 32)
	dictionary := sha256.Sum256(raw(v.Session.Dictionary))
	if !bytes.Equal(take(data, 8), dictionary[:8]) {
		refuse("another dictionary")
	}
	info := joined(bound("session", kind), sized(consultation), form, dictionary[:], device, session)
	var secret []byte
	for recipients := number(data); recipients > 0; recipients-- {
		suite := number(data)
		take(data, 8) // key id
		length := uint64(1168)
		if suite == 2 {
			length = 80
		}
		found := open(v.Keys, suite, take(data, length), info)
		if secret != nil && !bytes.Equal(secret, found) {
			refuse("two recipients have two secrets")
		}
		secret = found
	}
	salt := sha256.Sum256(info)
	link, err := hkdf.Key(sha256.New, secret, salt[:], "parvis/1 chain\x00", 32)
	check(err)
	places := binary.BigEndian.Uint64(take(data, 8))
	for index := uint64(0); index < 64; index++ {
		step, err := hkdf.Expand(sha256.New, link, "parvis/1 step\x00", 96)
		check(err)
		link = step[:32]
		if places>>index&1 == 0 {
			continue
		}
		commitment := take(data, 32)
		ciphertext := take(data, number(data))
		hashed := sha256.Sum256(joined([]byte("parvis/1 contribution\x00"), sized(consultation), commitment))
		id := hashed[:16]
		with := joined(bound("record", kind), sized(consultation), id, commitment, session)
		with = binary.AppendUvarint(with, index)
		aead, err := chacha20poly1305.New(step[32:64])
		check(err)
		opened, err := aead.Open(nil, make([]byte, 12), ciphertext, with)
		check(err)
		end := bytes.LastIndexByte(opened, 0x80) // ISO/IEC 7816-4
		fmt.Printf("record %d %x %x\n", kind, id, opened[:end])
	}
}

func readBatch(v vectors, data []byte) (name [32]byte) {
	version, body := body(data, 'B', "batch", raw(v.Keys[2].Public))
	device := take(body, 8)
	consultation := take(body, number(body))
	number(body) // sequence
	take(body, 32)
	take(body, 4)
	number(body)
	number(body)
	var checkpoint []byte
	if version == 2 {
		checkpoint = take(body, number(body))
	}
	fmt.Printf("batch %d %d\n", version, len(checkpoint))
	for sections := number(body); sections > 0; sections-- {
		section(v, body, version, consultation, device)
	}
	if body.Len() > 0 {
		for attachments := number(body); attachments > 0; attachments-- {
			number(body)
			take(body, 32)
			number(body)
		}
	}
	if body.Len() > 0 {
		refuse("something follows")
	}
	return sha256.Sum256(data)
}

func readAcknowledgement(v vectors, data []byte, batch [32]byte) {
	version, body := body(data, 'A', "acknowledgement", raw(v.Keys[3].Public))
	if !bytes.Equal(take(body, 32), batch[:]) {
		refuse("of another batch")
	}
	take(body, 8)
	var promised uint64
	if version == 2 {
		promised = number(body)
	}
	fmt.Printf("acknowledgement %d %d", version, promised)
	for runs := number(body); runs > 0; runs-- {
		verdict := number(body)
		for count := number(body); count > 0; count-- {
			fmt.Printf(" %d", verdict)
		}
	}
	fmt.Println()
	if body.Len() > 0 {
		refuse("something follows")
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var v vectors
	check(json.Unmarshal(text, &v))
	readAcknowledgement(v, raw(v.Acknowledgement.Data), readBatch(v, raw(v.Batch.Data)))
	readAcknowledgement(v, raw(v.Newer.Acknowledgement.Data), readBatch(v, raw(v.Newer.Batch.Data)))
}
