// The data part of VIA 3 without its page, for make_json.py and check_json.py beside it.
//   node make_json_via.js SOURCE make        prints the project that VIA makes of a few segments
//   node make_json_via.js SOURCE show FILE   opens a project; prints each segment as VIA's timeline groups and exports it
'use strict';
const fs = require('fs'), path = require('path'), vm = require('vm');
const [source, what, file] = process.argv.slice(2);

let blobs = 0;
const saved = [];
const page = {
  console: { log() {}, warn: console.warn },
  Blob: class { constructor(parts) { this.text = (parts || []).join(''); } },
  URL: {
    // Ids of segments are made of these.
    createObjectURL: () => 'blob:null/00000000-0000-0000-0000-' + (++blobs).toString(16).padStart(12, '0'),
    revokeObjectURL() {},
  },
  document: { getElementById: () => null },
  btoa, Date: class extends Date { static now() { return 1714557600000; } },
};
const names = ['const', 'config', 'event', 'util', 'metadata', 'attribute', 'file', 'view', 'data', 'import_export',
               'temporal_segmenter'];
const code = names.map(name => fs.readFileSync(path.join(source, `_via_${name}.js`), 'utf8'));
vm.createContext(page);
vm.runInContext(code.join('\n'), page);
page.saved = saved;
vm.runInContext('_via_util_download_as_file = (blob) => saved.push(blob.text);', page);
vm.runInContext('_via_util_msg_show = (text) => { throw new Error(text); };', page);

async function make() {
  const data = vm.runInContext('var data = new _via_data(); data', page);
  const T = vm.runInContext('_VIA_ATTRIBUTE_TYPE', page);
  const video = 4, local = 1, http = 2;
  const added = (name, anchor, type) => data.attribute_add(name, anchor, type, '', {}, '');
  const jump = await added('jump', 'FILE1_Z2_XY0', T.SELECT);
  await data.attribute_update_options_from_csv(jump, 'axel, lutz');
  const note = await added('phase', 'FILE1_Z2_XY0', T.TEXT);
  const subject = await added('subject', 'FILE1_Z2_XY0', T.RADIO);
  await data.attribute_update_options_from_csv(subject, 'mia, zoe');
  const box = await added('person', 'FILE1_Z1_XY1', T.TEXT);
  const one = await data.file_add('heat_01.mp4', video, local, '');
  const two = await data.file_add('heat_02.mp4', video, http, 'https://example.org/cup/heat_02.mp4?key=1');
  const first = await data.view_add([one]), second = await data.view_add([two]);
  await data.metadata_add(first, [3, 4.52], [], { [jump]: '0', [subject]: '0' });
  await data.metadata_add(first, [10, 11.48 + 1 / 3000], [], { [jump]: '1', [note]: 'take-off' });
  await data.metadata_add(first, [20.2], [], { [note]: 'fall' });
  await data.metadata_add(first, [12.4], [2, 10, 20, 50, 80], { [box]: 'mia' });
  // Typed into the timeline as a new group.
  await data.metadata_add(second, [1, 2.5], [], { [jump]: 'salchow' });
  await data.project_save();
  console.log(saved[0]);
}

async function show() {
  const data = vm.runInContext('var data = new _via_data(); data', page);
  await data.project_load(fs.readFileSync(file, 'utf8'));
  const segmenter = vm.runInContext('_via_temporal_segmenter.prototype', page);
  const shown = [];
  for (const vid of data.store.project.vid_list) {
    for (const aid of data.cache.attribute_group['FILE1_Z2_XY0'] || []) {
      const own = Object.assign(Object.create(segmenter), { d: data, vid: vid });
      own._group_init(aid);
      for (const gid of own.gid_list) {
        const options = data.store.attribute[aid].options;
        const isChoice = data.store.attribute[aid].type === 4 && gid in options;
        for (const mid of own.group[gid]) {
          shown.push({ file: data.file_get_uri(data.store.view[vid].fid_list[0]),
                       attribute: data.store.attribute[aid].aname, group: isChoice ? options[gid] : gid,
                       z: data.store.metadata[mid].z });
        }
      }
    }
  }
  const out = vm.runInContext('new _via_import_export(data)', page);
  out.export_to_temporal_segments_csv();
  console.log(JSON.stringify({ shown, csv: saved[0] }, null, 1));
}

(what === 'make' ? make() : show()).catch(error => { console.error(error); process.exit(1); });
