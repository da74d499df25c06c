// Sens'it v3. Bits are counted from the lowest one, as the maker's description does.
var MODES = ['standby', 'temperature', 'light', 'door', 'vibration', 'magnet'];
var DOORS = ['unknown', 'moving', 'closed', 'open'];

// Fields of the configuration that say whether a mode reports periodically, from bit 0 of byte 0.
var PERIODIC = ['isStandbyPeriodic', 'isTemperaturePeriodic', 'isLightPeriodic', 'isDoorPeriodic', 'isVibrationPeriodic', 'isMagnetPeriodic'];
// Numbers of the configuration: name, byte, lowest bit, bits, value of 0, step.
var NUMBERS = [
  ['period', 0, 6, 2, 0, 1], // 0: 10 minutes, 1: 1 hour, 2: 6 hours, 3: 1 day
  ['temperatureLower', 1, 0, 6, -9, 1], // °C
  ['temperatureUpper', 2, 0, 6, -9, 1],
  ['humidityLower', 3, 4, 4, 30, 4], // %
  ['humidityUpper', 3, 0, 4, 30, 4],
  ['lightThreshold', 4, 0, 7, 1, 5], // lux
  ['vibrationClearTime', 6, 4, 2, 0, 1], // 0: report the end, 1: 10 s, 2: 30 s, 3: 60 s
];
// By sensitivity, from very sensitive to hardly: threshold and debounce counter; thresholds of a closed and an open door.
var VIBRATIONS = [[1, 1], [3, 1], [4, 2], [8, 2], [16, 3]];
var DOOR_THRESHOLDS = [[4, 2], [4, 7], [4, 12]];

function indexOfPair(pairs, first, second) {
  return pairs.findIndex(function (pair) { return pair[0] === first && pair[1] === second; });
}

function readConfig(bytes) {
  var config = { limited: (bytes[4] & 0x80) !== 0 };
  PERIODIC.forEach(function (name, bit) { config[name] = ((bytes[0] >> bit) & 1) === 1; });
  NUMBERS.forEach(function (field) {
    config[field[0]] = field[4] + field[5] * ((bytes[field[1]] >> field[2]) & ((1 << field[3]) - 1));
  });
  config.vibrationSensitivity = indexOfPair(VIBRATIONS, bytes[5], bytes[6] & 0x0f);
  config.door = indexOfPair(DOOR_THRESHOLDS, bytes[7] & 0x07, (bytes[7] >> 3) & 0x0f);
  return config;
}

function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length !== 4 && bytes.length !== 12) return { errors: ['a Sens\'it v3 sends 4 or 12 bytes'] };
  if ((bytes[0] & 0x07) !== 6) return { errors: ['this is no Sens\'it v3'] };
  var mode = bytes[1] >> 3;
  var state = bytes[1] & 0x03;
  var count = (bytes[2] << 8) | bytes[3];
  var data = {
    mode: MODES[mode],
    button: (bytes[1] & 0x04) !== 0,
    battery: { value: (bytes[0] >> 3) * 50 + 2700, unit: 'mV' },
  };
  switch (MODES[mode]) {
    case 'standby':
      data.version = [bytes[2] >> 4, ((bytes[2] & 0x0f) << 2) | (bytes[3] >> 6), bytes[3] & 0x3f].join('.');
      break;
    case 'temperature':
      data.temperature = { value: (((state << 8) | bytes[2]) - 200) / 8, unit: '°C' };
      data.humidity = { value: bytes[3] / 2, unit: '%' };
      break;
    case 'light':
      data.light = { value: Math.round(count / 0.96) / 100, unit: 'lx' };
      break;
    case 'door':
      data.door = DOORS[state];
      data.events = count;
      break;
    case 'vibration':
      data.vibration = state === 1;
      data.events = count;
      break;
    case 'magnet':
      data.magnet = state === 1;
      data.events = count;
      break;
    default:
      return { errors: ['unknown mode ' + mode] };
  }
  if (bytes.length === 12) data.config = readConfig(bytes.slice(4));
  return { data: data };
}

// What is left out is as the device comes.
var DEFAULTS = {
  limited: true, period: 1, temperatureLower: -9, temperatureUpper: 54, humidityLower: 30, humidityUpper: 90,
  lightThreshold: 1, vibrationSensitivity: 2, vibrationClearTime: 2, door: 1,
  isTemperaturePeriodic: true, isLightPeriodic: true,
};

function encodeDownlink(input) {
  var config = Object.assign({}, DEFAULTS, input.data);
  var bytes = [0, 0, 0, 0, config.limited ? 0x80 : 0, 0, 0, 0];
  var errors = [];
  PERIODIC.forEach(function (name, bit) { if (config[name]) bytes[0] |= 1 << bit; });
  NUMBERS.forEach(function (field) {
    var steps = Math.round((config[field[0]] - field[4]) / field[5]);
    var most = (1 << field[3]) - 1;
    if (!(steps >= 0 && steps <= most)) {
      errors.push(field[0] + ' must be from ' + field[4] + ' to ' + (field[4] + field[5] * most));
    }
    bytes[field[1]] |= steps << field[2];
  });
  var vibration = VIBRATIONS[config.vibrationSensitivity];
  var door = DOOR_THRESHOLDS[config.door];
  if (!vibration) errors.push('vibrationSensitivity must be from 0 to 4');
  if (!door) errors.push('door must be from 0 to 2');
  if (errors.length) return { errors: errors };
  bytes[5] = vibration[0];
  bytes[6] |= vibration[1];
  bytes[7] = door[0] | (door[1] << 3);
  return { bytes: bytes };
}

function decodeDownlink(input) {
  return { data: readConfig(input.bytes) };
}
