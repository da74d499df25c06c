// UnaProtect: its reed switch, at once or summed up over ten parts of an interval.
function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes[0] === 1 && bytes.length === 12) {
    return { data: { mode: 'timer', reports_per_day: bytes[1], activity: bytes.slice(2) } };
  }
  if (bytes[0] === 2 && bytes.length === 2) return { data: { mode: 'event', state: bytes[1] } };
  return { errors: ['mode 1 has 12 bytes, mode 2 has 2'] };
}
