// What stands above the panels: the title, the variables and links, and the time shown.
import {dateTimeFormat} from '@grafana/data';
import {Icon} from '@grafana/ui';

const shownValue = (variable, choice) => {
  if (variable.type === 'datasource') return variable.query[0].toUpperCase() + variable.query.slice(1);
  if (choice === undefined) return variable.current?.text ?? '';
  if (choice.raw || choice.all) return 'All';
  return [choice.value].flat().join(' + ');
};

function Pill({label, value, typed, theme}) {
  const box = {height: 32, lineHeight: '30px', padding: '0 8px', fontSize: 12, whiteSpace: 'nowrap'};
  return (
    <span style={{display: 'inline-flex'}}>
      <span style={{...box, background: theme.colors.background.secondary, fontWeight: 500,
                    border: `1px solid ${theme.colors.border.weak}`, borderRight: 'none'}}>{label}</span>
      <span style={{...box, background: theme.components.input.background,
                    border: `1px solid ${theme.components.input.borderColor}`}}>
        {value} {!typed && <Icon name="angle-down" />}
      </span>
    </span>
  );
}

export function Head({dashboard, setup}) {
  const {theme, chosen, from, to} = setup;
  const line = {display: 'flex', alignItems: 'center', gap: 8, flexWrap: 'wrap'};
  const time = (seconds) => dateTimeFormat(seconds * 1000, {format: 'HH:mm:ss'});
  const shown = (dashboard.templating?.list ?? []).filter((variable) =>
    variable.hide !== 2 && variable.hide !== 'hideVariable');
  return (
    <div style={{color: theme.colors.text.primary, marginBottom: 8}}>
      <div style={{...line, justifyContent: 'space-between', height: 40}}>
        <span style={{fontSize: 18, fontWeight: 500}}>{dashboard.title}</span>
        <span style={{...line, fontSize: 12, color: theme.colors.text.secondary}}>
          <Icon name="clock-nine" /> {time(from)} to {time(to)}
        </span>
      </div>
      <div style={line}>
        {shown.map((variable) => (
          <Pill key={variable.name} label={variable.label || variable.name} typed={variable.type === 'textbox'}
                theme={theme}
                value={shownValue(variable, chosen[variable.name])} />
        ))}
      </div>
    </div>
  );
}

export function RowHead({panel, setup, height}) {
  const title = setup.fill(panel.title ?? '');
  return (
    <div style={{height, display: 'flex', alignItems: 'center', gap: 6, fontSize: 15, fontWeight: 500,
                 color: setup.theme.colors.text.primary}}>
      <Icon name="angle-down" /> {title}
    </div>
  );
}
