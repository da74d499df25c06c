// SenNet pulse counter: how often it sends, and which of its messages.
var DEVICES = ['', 'easy meter', 'pulse counter', 'temperature and humidity', 'CO2', 'PM', 'Modbus gateway'];

function uint16(bytes, from) {
  return (bytes[from] << 8) | bytes[from + 1];
}

function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length < 2) return { errors: ['a message has at least 2 bytes'] };
  var type = (bytes[0] >> 1) & 0x0f;
  var data = { device: DEVICES[bytes[0] >> 5] || 'unknown', message_type: type, low_battery: (bytes[0] & 0x01) !== 0 };
  if (type === 1 || type === 2) {
    if (bytes.length < 2 + 2 * type) return { errors: ['a message of type ' + type + ' has ' + (2 + 2 * type) + ' bytes'] };
    data.counter_1 = uint16(bytes, 2);
    if (type === 2) data.counter_2 = uint16(bytes, 4);
  }
  return { data: data };
}

// What is left out stays as it is in the device.
function encodeDownlink(input) {
  var type = input.data.type;
  var interval = input.data.interval_min;
  if (type !== undefined && type !== 1 && type !== 2) return { errors: ['type must be 1 or 2'] };
  if (interval !== undefined && !(interval >= 10 && interval <= 59)) return { errors: ['interval_min must be from 10 to 59'] };
  var setup = 0x80 | (type === undefined ? 0 : 0x20) | (interval === undefined ? 0 : 0x10);
  return { bytes: [setup, 0, 0, 0, 0, type || 0, interval || 0, 0] };
}

function decodeDownlink(input) {
  var data = {};
  if (input.bytes[0] & 0x20) data.type = input.bytes[5];
  if (input.bytes[0] & 0x10) data.interval_min = input.bytes[6];
  return { data: data };
}
