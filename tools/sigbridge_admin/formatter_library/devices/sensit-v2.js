// Sens'it v2. Bits are counted from the lowest one, as the maker's description does.
var MODES = ['standby', 'temperature', 'light', 'door', 'vibration', 'magnet'];
var PERIODS = ['10 minutes', '1 hour', '6 hours', '1 day'];
var REASONS = ['periodic', 'button', 'alert', 'new mode'];
// Light has a prefix of two bits, which says what the other six count.
var LIGHT_STEPS = [1, 8, 64, 1024];
// By sensitivity, from very sensitive to hardly: threshold and count of the accelerometer; level of the magnet.
var VIBRATIONS = [[1, 1], [3, 1], [4, 2], [8, 2], [16, 3]];
var DOOR_LEVELS = [16, 32, 50];

function lux(byte) {
  return Math.round((byte & 0x3f) * LIGHT_STEPS[byte >> 6] / 0.96) / 100;
}

function lightByte(value) {
  var raw = Math.round(value * 96);
  var prefix = LIGHT_STEPS.findIndex(function (step) { return Math.floor(raw / step) < 64; });
  return (prefix << 6) | Math.floor(raw / LIGHT_STEPS[prefix]);
}

function readConfig(bytes) {
  return {
    limited: (bytes[7] & 0x80) !== 0,
    period: ((bytes[0] >> 7) << 1) | (bytes[1] >> 7),
    temperatureLower: (bytes[0] & 0x7f) - 20,
    temperatureUpper: (bytes[1] & 0x7f) - 20,
    lightLower: lux(bytes[2]),
    lightUpper: lux(bytes[3]),
    vibrationSensitivity: VIBRATIONS.findIndex(function (pair) { return pair[0] === bytes[4] && pair[1] === bytes[5]; }),
    door: DOOR_LEVELS.indexOf(bytes[7] & 0x7f),
  };
}

function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length !== 4 && bytes.length !== 12) return { errors: ['a Sens\'it v2 sends 4 or 12 bytes'] };
  var mode = MODES[bytes[0] & 0x07];
  var reason = REASONS[(bytes[0] >> 5) & 0x03];
  if (!mode) return { errors: ['unknown mode ' + (bytes[0] & 0x07)] };
  var data = {
    mode: mode,
    reason: reason,
    button: reason === 'button',
    period: PERIODS[(bytes[0] >> 3) & 0x03],
    battery: { value: (((bytes[0] >> 7) << 4) | (bytes[1] & 0x0f)) * 50 + 2700, unit: 'mV' },
  };
  if (reason === 'button' || mode === 'temperature') {
    data.temperature = { value: ((((bytes[1] >> 4) << 6) | (bytes[2] & 0x3f)) - 200) / 8, unit: '°C' };
  }
  if (reason === 'button' || mode === 'standby') {
    data.version = (bytes[3] >> 4) + '.' + (bytes[3] & 0x0f);
  } else if (mode === 'temperature') {
    data.humidity = { value: bytes[3] / 2, unit: '%' };
  } else if (mode === 'light') {
    data.light = { value: lux(bytes[2]), unit: 'lx' };
  } else {
    data[mode] = mode === 'magnet' ? (bytes[2] & 0x40) !== 0 : reason === 'alert';
    data.events = bytes[3];
  }
  if (bytes.length === 12) data.config = readConfig(bytes.slice(4));
  return { data: data };
}

// What is left out stands as wide as it can.
var DEFAULTS = {
  limited: true, period: 1, temperatureLower: -20, temperatureUpper: 107, lightLower: 0, lightUpper: 672,
  vibrationSensitivity: 2, door: 0,
};
var LIMITS = {
  period: [0, 3], temperatureLower: [-20, 107], temperatureUpper: [-20, 107], lightLower: [0, 672], lightUpper: [0, 672],
  vibrationSensitivity: [0, 4], door: [0, 2],
};

function encodeDownlink(input) {
  var config = Object.assign({}, DEFAULTS, input.data);
  var errors = Object.keys(LIMITS).filter(function (name) {
    return !(config[name] >= LIMITS[name][0] && config[name] <= LIMITS[name][1]);
  }).map(function (name) { return name + ' must be from ' + LIMITS[name].join(' to '); });
  if (errors.length) return { errors: errors };
  var vibration = VIBRATIONS[config.vibrationSensitivity];
  return {
    bytes: [
      ((config.period >> 1) << 7) | (Math.round(config.temperatureLower) + 20),
      ((config.period & 1) << 7) | (Math.round(config.temperatureUpper) + 20),
      lightByte(config.lightLower),
      lightByte(config.lightUpper),
      vibration[0],
      vibration[1],
      0x73,
      (config.limited ? 0x80 : 0) | DOOR_LEVELS[config.door],
    ],
  };
}

function decodeDownlink(input) {
  return { data: readConfig(input.bytes) };
}
