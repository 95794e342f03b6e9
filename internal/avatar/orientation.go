package avatar

import (
	"encoding/binary"
	"image"
)

// Cameras do not turn their pictures; they say in Exif (CIPA DC-008, tag 0x0112)
// how a viewer should: 1 is upright. As metadata is not kept, the picture itself is turned.
const (
	upright        = 1
	orientationTag = 0x0112
)

// orientation reads how a JPEG is to be turned; whatever cannot be read is upright.
func orientation(file []byte) int {
	for at := 2; at+4 <= len(file) && file[at] == 0xff; {
		marker, length := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		segment := at + 4
		at += 2 + length
		switch {
		case length < 2 || at > len(file) || marker == 0xda: // the picture itself begins
			return upright
		case marker == 0xe1 && length > 8 && string(file[segment:segment+6]) == "Exif\x00\x00":
			return exifOrientation(file[segment+6 : at])
		}
	}
	return upright
}

// exifOrientation looks through the first directory of a TIFF structure.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return upright
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return upright
	}
	const entryBytes = 12
	entries := tiff[directory+2:]
	for count := int(order.Uint16(tiff[directory:])); count > 0 && len(entries) >= entryBytes; count-- {
		if order.Uint16(entries) == orientationTag {
			if value := int(order.Uint16(entries[8:])); value >= upright && value <= 8 {
				return value
			}
			return upright
		}
		entries = entries[entryBytes:]
	}
	return upright
}

// turned is a square picture as its orientation asks for.
func turned(in *image.RGBA, orientation int) *image.RGBA {
	if orientation == upright {
		return in
	}
	const last = Side - 1
	out := image.NewRGBA(in.Bounds())
	for y := range Side {
		for x := range Side {
			from := [9]image.Point{
				2: {last - x, y}, 3: {last - x, last - y}, 4: {x, last - y},
				5: {y, x}, 6: {y, last - x}, 7: {last - y, last - x}, 8: {last - y, x},
			}[orientation]
			out.SetRGBA(x, y, in.RGBAAt(from.X, from.Y))
		}
	}
	return out
}
