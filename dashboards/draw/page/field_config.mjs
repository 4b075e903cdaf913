// What Grafana itself sets up before panels can be drawn: which options a field may have and how they
// are read, defaults and overrides alike. Without it units, colours and thresholds have no effect.
import {
  PanelPlugin, booleanOverrideProcessor, dataLinksOverrideProcessor, displayNameOverrideProcessor,
  identityOverrideProcessor, numberOverrideProcessor, standardFieldConfigEditorRegistry,
  standardTransformers, standardTransformersRegistry, thresholdsOverrideProcessor,
  unitOverrideProcessor, valueMappingsOverrideProcessor,
} from '@grafana/data';

const nothing = () => null;

const standardOptions = {
  displayName: displayNameOverrideProcessor,
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  fieldMinMax: booleanOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  noValue: identityOverrideProcessor,
  color: identityOverrideProcessor,
  links: dataLinksOverrideProcessor,
  filterable: identityOverrideProcessor,
};

// Options that only some panels have, of all of them.
const customOptions = [
  'drawStyle', 'lineInterpolation', 'lineWidth', 'lineStyle', 'lineColor', 'fillColor', 'fillOpacity',
  'fillBelowTo', 'gradientMode', 'spanNulls', 'insertNulls', 'showPoints', 'pointSize', 'pointColor',
  'barAlignment', 'barWidthFactor', 'barMaxWidth', 'transform', 'stacking', 'scaleDistribution', 'axisPlacement',
  'axisLabel', 'axisWidth', 'axisSoftMin', 'axisSoftMax', 'axisGridShow', 'axisBorderShow', 'axisColorMode',
  'axisCenteredZero', 'hideFrom', 'thresholdsStyle', 'align', 'cellOptions', 'inspect', 'width', 'minWidth',
  'hidden', 'hideHeader', 'wrapText', 'footer',
];

// What a field has whose panel does not say otherwise.
const customDefaults = {
  timeseries: {
    drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none',
    barAlignment: 0, barWidthFactor: 0.6, pointSize: 5, showPoints: 'auto', spanNulls: false, insertNulls: false,
    axisPlacement: 'auto', axisColorMode: 'text', axisBorderShow: false, axisCenteredZero: false, axisLabel: '',
    scaleDistribution: {type: 'linear'}, stacking: {mode: 'none', group: 'A'},
    thresholdsStyle: {mode: 'off'}, hideFrom: {legend: false, tooltip: false, viz: false},
  },
  table: {align: 'auto', cellOptions: {type: 'auto'}, inspect: false},
};
const defaultColors = {timeseries: 'palette-classic', table: 'thresholds', stat: 'thresholds',
                       gauge: 'thresholds', bargauge: 'thresholds', 'state-timeline': 'thresholds'};

let registry;

export function setUp() {
  standardFieldConfigEditorRegistry.setInit(() =>
    Object.entries(standardOptions).map(([id, process]) => ({
      id, path: id, name: id, process, editor: nothing, override: nothing, settings: {},
      shouldApply: () => true,
    })));
  standardTransformersRegistry.setInit(() =>
    // Some are there under two names.
    [...new Map(Object.values(standardTransformers).map((one) => [one.id, one])).values()]
      .map((transformation) => ({
        id: transformation.id, name: transformation.name, editor: nothing,
        transformation: () => Promise.resolve(transformation),
      })));
  const plugin = new PanelPlugin(nothing).useFieldConfig({
    useCustomConfig: (builder) => {
      for (const path of customOptions) {
        builder.addCustomEditor({
          id: path, path, name: path, editor: nothing, override: nothing,
          process: identityOverrideProcessor, shouldApply: () => true,
        });
      }
    },
  });
  registry = plugin.fieldConfigRegistry;
}

// The arguments of applyFieldOverrides() that are the same for all data of a panel.
export function fieldOptions(panel, theme, replaceVariables) {
  const {defaults = {}, overrides = []} = panel.fieldConfig ?? {};
  return {
    theme,
    replaceVariables,
    timeZone: 'browser',
    fieldConfigRegistry: registry,
    fieldConfig: {
      overrides,
      defaults: {
        color: {mode: defaultColors[panel.type] ?? 'palette-classic'},
        ...defaults,
        thresholds: defaults.thresholds ??
            {mode: 'absolute', steps: [{value: -Infinity, color: 'green'}, {value: 80, color: 'red'}]},
        custom: {...customDefaults[panel.type], ...defaults.custom},
      },
    },
  };
}
