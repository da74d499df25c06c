// Adeunis demonstrator: the first byte says what follows it. Positions are in decimal digits, one a nibble.
function digits(bytes, from) {
  var text = '';
  for (var i = from; i < from + 4; i++) text += (bytes[i] >> 4) + '' + (bytes[i] & 0x0f);
  return text;
}

// The last nibble's lowest bit is the hemisphere: 1 for south or west.
function degrees(bytes, from, wholeDigits) {
  var text = digits(bytes, from);
  var minutes = Number(text.slice(wholeDigits, wholeDigits + 2) + '.' + text.slice(wholeDigits + 2, 7));
  var sign = bytes[from + 3] & 0x01 ? -1 : 1;
  return sign * Math.round((Number(text.slice(0, wholeDigits)) + minutes / 60) * 1e6) / 1e6;
}

function decodeUplink(input) {
  var bytes = input.bytes;
  var flags = bytes[0];
  var at = 1;
  var data = { accelerometer: (flags & 0x40) !== 0, button: (flags & 0x20) !== 0 };
  var length = 1 + (flags & 0x80 ? 1 : 0) + (flags & 0x10 ? 8 : 0) + (flags & 0x0c ? 2 : 0);
  if (bytes.length < length) return { errors: ['these flags want ' + length + ' bytes'] };
  if (flags & 0x80) data.temperature = { value: (bytes[at++] << 24) >> 24, unit: '°C' };
  if (flags & 0x10) {
    data.latitude = degrees(bytes, at, 2);
    data.longitude = degrees(bytes, at + 4, 3);
    at += 8;
  }
  if ((flags & 0x0c) === 0x0c) {
    data.uplinks = bytes[at];
    data.downlinks = bytes[at + 1];
  } else if (flags & 0x04) {
    data.uplinks = (bytes[at] << 8) | bytes[at + 1];
  }
  return { data: data };
}
